#include "io_support.h"
