extern "C" const char *variant_name() { return BOARD_NAME; }
