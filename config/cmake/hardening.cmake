# What makes an exploit of our own code harder, for optimised builds without sanitizers; scripts/check-hardening looks
# for it in the binaries. A distribution's own flags come before these and win where they are stronger.
include(CheckPIESupported)
check_pie_supported()

if(FLEET_PROVISION_SANITIZE)
  return()
endif()

# -U first: many compilers define a level of their own.
set(hardening -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
              -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i.86)$")
  list(APPEND hardening -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  list(APPEND hardening -mbranch-protection=standard)
endif()
# Neither the place of the tree nor that of the build may be read from a binary.
list(APPEND hardening -ffile-prefix-map=${PROJECT_BINARY_DIR}=build -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

# Tests are left alone: fortified headers make g++ complain of results that a test casts to void on purpose.
set(optimised $<AND:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>,$<NOT:$<BOOL:$<TARGET_PROPERTY:FLEET_PROVISION_TEST>>>>)
target_compile_options(fp_options INTERFACE "$<${optimised}:${hardening}>")
target_link_options(fp_options INTERFACE "$<${optimised}:LINKER:-z,relro;LINKER:-z,now;LINKER:-z,noexecstack>")
