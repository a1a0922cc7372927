# Included by project() in the build of scripts/mutate alone: libraries of this tree become shared objects, so that only the
# library with a fault is linked again, and not each test program.
function(add_library name kind)
  if(kind STREQUAL "STATIC")
    _add_library(${name} SHARED ${ARGN})
    set_target_properties(${name} PROPERTIES DEFINE_SYMBOL "") # the same commands as elsewhere: ccache has the objects
  else()
    _add_library(${name} ${kind} ${ARGN})
  endif()
endfunction()
