o\ ut.o: main.cpp plain.h with\ blank.h $$dollar.h \#hash.h it's.h \
 a&b;c.h colon:x.h uü.h back\slash.h (x).h
