#include "workflow/provision.hpp"
