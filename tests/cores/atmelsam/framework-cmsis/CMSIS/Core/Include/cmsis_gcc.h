#pragma once
#define __I volatile const
#define __O volatile
#define __IO volatile
