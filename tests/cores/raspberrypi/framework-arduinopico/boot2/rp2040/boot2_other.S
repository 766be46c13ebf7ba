#error "not the board's"
