# What `cmake --install` puts where, in three components: `tool`, `simulator` and `library`.
include(CMakePackageConfigHelpers)

install(TARGETS fleet-provision RUNTIME COMPONENT tool)
if(CMAKE_SYSTEM_NAME STREQUAL Linux)
  set(FLEET_PROVISION_UNIT_DIR lib/systemd/system CACHE STRING "Where systemd's units are installed")
  install(FILES config/systemd/fleet-provision.service config/systemd/fleet-provisioned.path
                config/systemd/fleet-provisioned.target
          DESTINATION ${FLEET_PROVISION_UNIT_DIR} COMPONENT tool)
  install(FILES config/systemd/fleet-provision.sysusers RENAME fleet-provision.conf
          DESTINATION lib/sysusers.d COMPONENT tool)
  install(FILES config/systemd/fleet-provision.tmpfiles RENAME fleet-provision.conf
          DESTINATION lib/tmpfiles.d COMPONENT tool)
endif()

if(FLEET_PROVISION_SIMULATOR)
  install(TARGETS fleet-provision-simulator RUNTIME COMPONENT simulator)
  install(TARGETS fleet-provision-simulator-plugin
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/fleet-provision COMPONENT simulator)
endif()

# The workflow as a library: static archives, the headers below, a CMake package and a .pc file. These headers are the
# public interface (docs/library.md); they include the standard library, each other and tl/expected.hpp only. `codec`
# has none: it is there because the workflow links to it.
set(public_headers
  adapters/keys/openssl_keysmith.hpp adapters/mqtt/paho_transport.hpp adapters/network/connection_options.hpp
  adapters/system/interrupt.hpp adapters/system/posix_disk.hpp adapters/system/posix_host_system.hpp
  adapters/system/system_clock.hpp aws/endpoint_parser.hpp core/deadline.hpp core/error.hpp core/identity.hpp
  core/key_location.hpp core/plan.hpp core/principal.hpp core/result.hpp core/secret.hpp core/text.hpp
  core/wall_time.hpp
  ports/claim_file.hpp ports/clock.hpp ports/disk.hpp ports/host_system.hpp ports/keysmith.hpp ports/observer.hpp
  ports/ports.hpp ports/silent_observer.hpp ports/transport.hpp workflow/commands/provision.hpp
  workflow/commands/rotate.hpp workflow/outcome.hpp
  # Not for use; those above include them.
  adapters/keys/device/device_settings.hpp adapters/keys/device/external_key.hpp adapters/keys/key_devices.hpp
  adapters/keys/openssl_handles.hpp adapters/keys/pkcs11/pkcs11.hpp adapters/keys/tpm2/tpm2.hpp
  adapters/keys/pem_credentials.hpp adapters/network/tls_credentials.hpp
  adapters/network/trust_store.hpp adapters/system/acting_user.hpp adapters/system/descriptor.hpp
  adapters/system/directory_role.hpp adapters/system/state_lock.hpp core/mutex.hpp)
foreach(header IN LISTS public_headers)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES lib/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fleet-provision/${folder} COMPONENT library)
endforeach()

configure_file(config/cmake/version.hpp.in ${PROJECT_BINARY_DIR}/version.hpp @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/version.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fleet-provision/core
        COMPONENT library)

foreach(layer core aws mqtt codec workflow adapters)
  set_target_properties(fp_${layer} PROPERTIES EXPORT_NAME ${layer} OUTPUT_NAME fleet-provision-${layer})
endforeach()
set_target_properties(fp_ports PROPERTIES EXPORT_NAME ports)
install(TARGETS fp_core fp_aws fp_mqtt fp_ports fp_codec fp_workflow fp_adapters EXPORT fleet-provision
        ARCHIVE COMPONENT library INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fleet-provision)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fleet-provision)
install(EXPORT fleet-provision NAMESPACE fleet-provision:: FILE fleet-provision-targets.cmake
        DESTINATION ${package_dir} COMPONENT library)
configure_package_config_file(config/cmake/fleet-provision-config.cmake.in ${PROJECT_BINARY_DIR}/fleet-provision-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fleet-provision-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fleet-provision-config.cmake
              ${PROJECT_BINARY_DIR}/fleet-provision-config-version.cmake
        DESTINATION ${package_dir} COMPONENT library)

# Relative to the .pc file's own place, so that an installation can be moved; two or three levels below the prefix.
cmake_path(APPEND CMAKE_INSTALL_LIBDIR pkgconfig OUTPUT_VARIABLE pc_dir)
file(RELATIVE_PATH pc_prefix /prefix/${pc_dir} /prefix)
configure_file(config/cmake/fleet-provision.pc.in fleet-provision.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fleet-provision.pc DESTINATION ${pc_dir} COMPONENT library)
