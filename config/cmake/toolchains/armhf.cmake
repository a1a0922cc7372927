# Debian's armhf (ARMv7 with hardware floating point): cmake --toolchain config/cmake/toolchains/armhf.cmake …
set(triplet arm-linux-gnueabihf)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
include(${CMAKE_CURRENT_LIST_DIR}/debian-multiarch.cmake)
