*(.rodata._ZTV*)
