#pragma once
#define __IO volatile
