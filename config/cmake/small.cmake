# Release builds are made small: the time of a run is the network's and OpenSSL's, whatever our own code is optimised
# for, and a third of the size is a third of what has to be read from flash and kept in memory.
# Tests are compiled as tests/CMakeLists.txt says.
if(FLEET_PROVISION_SANITIZE)
  return()
endif()

set(small $<AND:$<CONFIG:Release>,$<NOT:$<BOOL:$<TARGET_PROPERTY:FLEET_PROVISION_TEST>>>>)
target_compile_options(fp_options INTERFACE "$<${small}:-Os;-ffunction-sections;-fdata-sections>")
target_link_options(fp_options INTERFACE "$<${small}:LINKER:--gc-sections>")
