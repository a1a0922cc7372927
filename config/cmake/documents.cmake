# Manual pages, completions and the JSON schema, written from the option table while the project is built. A cross
# build compiles the small program that writes them for the building machine (FLEET_PROVISION_HOST_CXX).
set(documents_sources
  apps/document-generator/bash.cpp apps/document-generator/fish.cpp
  apps/document-generator/main.cpp apps/document-generator/manual.cpp
  apps/document-generator/programs.cpp apps/document-generator/schema.cpp
  apps/document-generator/value_offer.cpp apps/document-generator/zsh.cpp
  apps/fleet-provision/cli/command.cpp apps/fleet-provision/cli/option_table.cpp
  apps/fleet-provision-simulator/simulator/option_rows.cpp apps/fleet-provision-simulator/service/behaviour_table.cpp
  apps/fleet-provision-simulator/service/fault_table.cpp lib/core/text.cpp)

if(CMAKE_CROSSCOMPILING)
  find_program(FLEET_PROVISION_HOST_CXX NAMES c++ g++ clang++ REQUIRED NO_CMAKE_FIND_ROOT_PATH
               DOC "C++20 compiler for programs of the building machine")
  list(TRANSFORM documents_sources PREPEND ${PROJECT_SOURCE_DIR}/)
  set(write_document ${PROJECT_BINARY_DIR}/fleet-provision-documents)
  # The flags in the environment are meant for the other machine; the compiler does not read them by itself.
  add_custom_command(OUTPUT ${write_document}
    COMMAND ${FLEET_PROVISION_HOST_CXX} -std=c++20 -O1 -I${PROJECT_SOURCE_DIR}/lib
            -I${PROJECT_SOURCE_DIR}/apps/fleet-provision -I${PROJECT_SOURCE_DIR}/apps/document-generator -I${PROJECT_SOURCE_DIR}/apps/fleet-provision-simulator -o ${write_document} ${documents_sources}
    DEPENDS ${documents_sources} VERBATIM)
else()
  add_executable(fleet-provision-documents ${documents_sources})
  # The generators of the three shells name their parts alike.
  set_target_properties(fleet-provision-documents PROPERTIES UNITY_BUILD OFF RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(fleet-provision-documents PRIVATE lib apps/fleet-provision apps/document-generator
                             apps/fleet-provision-simulator)
  target_link_libraries(fleet-provision-documents PRIVATE fp_options)
  set(write_document fleet-provision-documents)
endif()

set(documents_dir ${PROJECT_BINARY_DIR}/documents)
set(documents "")
# fleet_provision_document(FILE [INPUT] ARGUMENTS…)
function(fleet_provision_document file input)
  set(from "")
  if(input)
    set(from < ${PROJECT_SOURCE_DIR}/${input})
    set(input ${PROJECT_SOURCE_DIR}/${input})
  endif()
  cmake_path(GET file PARENT_PATH folder)
  file(MAKE_DIRECTORY ${documents_dir}/${folder})
  add_custom_command(OUTPUT ${documents_dir}/${file}
    COMMAND ${write_document} ${ARGN} ${from} > ${documents_dir}/${file}
    DEPENDS ${write_document} ${input} VERBATIM)
  set(documents ${documents} ${documents_dir}/${file} PARENT_SCOPE)
endfunction()

set(manual manual ${PROJECT_VERSION} ${changelog_date})
fleet_provision_document(man1/fleet-provision.1 docs/manual/fleet-provision.1.in ${manual})
fleet_provision_document(man5/fleet-provision.json.5 docs/manual/fleet-provision.json.5.in ${manual})
fleet_provision_document(man1/fleet-provision-simulator.1 docs/manual/fleet-provision-simulator.1.in ${manual})
foreach(whose tool simulator)
  set(name fleet-provision)
  if(whose STREQUAL simulator)
    set(name fleet-provision-simulator)
  endif()
  fleet_provision_document(bash/${name} "" bash ${whose})
  fleet_provision_document(zsh/_${name} "" zsh ${whose})
  fleet_provision_document(fish/${name}.fish "" fish ${whose})
endforeach()
fleet_provision_document(config.schema.json "" schema)
add_custom_target(fleet-provision-documents-all ALL DEPENDS ${documents})

install(FILES ${documents_dir}/man1/fleet-provision.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tool)
install(FILES ${documents_dir}/man5/fleet-provision.json.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT tool)
# fleet_provision_install_completions(NAME COMPONENT)
function(fleet_provision_install_completions name component)
  install(FILES ${documents_dir}/bash/${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          COMPONENT ${component})
  install(FILES ${documents_dir}/zsh/_${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
          COMPONENT ${component})
  install(FILES ${documents_dir}/fish/${name}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
          COMPONENT ${component})
endfunction()
fleet_provision_install_completions(fleet-provision tool)
install(FILES ${documents_dir}/config.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/fleet-provision COMPONENT tool)
if(FLEET_PROVISION_SIMULATOR)
  fleet_provision_install_completions(fleet-provision-simulator simulator)
  install(FILES ${documents_dir}/man1/fleet-provision-simulator.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
          COMPONENT simulator)
endif()
