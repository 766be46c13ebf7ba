// The keeper: a process of ours between us and a command we run, so that nothing the
// command starts outlives us, however we die.
//
//     we ── keeper ── command ── whatever it starts, in groups and sessions of its own too
//
// The kernel tells the keeper when we are gone (PR_SET_PDEATHSIG), by kill -9 too. Orphans
// below the keeper become its children (PR_SET_CHILD_SUBREAPER), so that killing children
// until there are none leaves nobody. It has a session of its own: what a terminal or ninja
// sends to our process group kills us, and not the one who is to clean up behind us. It
// does not go by our name either, for those who kill by name.
//
// If the keeper itself is killed, the kernel kills the command, and end_session(), called
// by us, the rest.
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace fbuild {

struct KeptCommand {
  const char* program;  // absolute path
  char* const* argv;
  const char* directory;  // null: ours
  int out, err;           // descriptors to be its standard output and error; err -1: ours
  int report;             // write end of a pipe: gets the errno when the command cannot be
                          // started. The keeper holds it as long as it lives.
};

// What a keeper is told. After kKeeperDrained nobody reads the command's output any more:
// once the command has ended, what it left behind is killed and the keeper ends with the
// command's exit status as a shell gives it. kKeeperEnd kills everything at once.
inline constexpr int kKeeperDrained = SIGUSR1;
inline constexpr int kKeeperEnd = SIGTERM;

// Starts a keeper for the command; its process id, or -1 and errno. It ends when the
// calling thread does. Threads may call this at the same time.
pid_t start_keeper(const KeptCommand& command);

// Kills what is left of a keeper's session.
void end_session(pid_t keeper);

}  // namespace fbuild
