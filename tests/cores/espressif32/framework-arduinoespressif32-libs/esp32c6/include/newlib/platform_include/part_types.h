#pragma once
typedef unsigned int part_word;
