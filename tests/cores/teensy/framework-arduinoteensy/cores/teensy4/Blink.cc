#error "an example that lies in the core's folder but is no part of it"
