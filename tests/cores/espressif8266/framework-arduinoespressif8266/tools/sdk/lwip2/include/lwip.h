#pragma once
#if LWIP_IPV6
#define NETWORK_ADDRESS_BYTES 16
#else
#define NETWORK_ADDRESS_BYTES 4
#endif
