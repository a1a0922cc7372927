# Debian's arm64 (64-bit ARM): cmake --toolchain config/cmake/toolchains/arm64.cmake …
set(triplet aarch64-linux-gnu)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian-multiarch.cmake)
