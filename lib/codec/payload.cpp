#include "codec/payload.hpp"
