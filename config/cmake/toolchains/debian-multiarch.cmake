# What the toolchain files of this directory share: Debian's cross compiler for `triplet` and its multiarch packages,
# whose headers and libraries lie beside those of the building machine (dpkg --add-architecture, then
# crossbuild-essential-ARCH and the -dev packages with :ARCH). docs/packaging.md has the list.
set(CMAKE_SYSTEM_NAME Linux)

set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_CXX_COMPILER ${triplet}-g++)
set(CMAKE_STRIP ${triplet}-strip)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})

# Programs are those of the building machine; a library, header or package of another machine is no use.
set(CMAKE_FIND_ROOT_PATH /usr/${triplet} /usr/lib/${triplet} /usr)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_PREFIX_PATH /usr/lib/${triplet}/cmake)
set(CMAKE_IGNORE_PREFIX_PATH /usr/lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${triplet}/pkgconfig:/usr/share/pkgconfig)
