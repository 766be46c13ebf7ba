// Lists directories and hashes files in parallel: the part of a check that is done only
// for what is new or changed. Threads share out the directories among them; each
// directory is listed, its files are hashed, and its subdirectories go to the queue. Trees
// are put together afterwards, in order (verify.cpp).
//
// A thread takes a few directories at a time, opens them and all their files, reads, and
// closes everything with one call where numbers allow. The same system call many times in a
// row finds the processor's caches warm: an eighth of a first check, half of which is that
// one close.
//
// A first check makes one task per directory and one entry per file, of 200,000 files some
// 27 MB; so tasks hold nothing that can be worked out again (paths least of all), and the
// rest lies in an arena that empties while the tree is put together.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "stamp/arena.h"
#include "stamp/catalog.h"
#include "stamp/entry.h"
#include "stamp/filter.h"
#include "support/files.h"

namespace fbuild::stamp {

inline constexpr uint32_t kNoEntry = UINT32_MAX;

struct DirTask;

// One root while it is looked at.
struct RootRun {
  RootState* state = nullptr;
  Fd fd;               // O_PATH on the root directory
  int open_error = 0;  // why there is no fd
  std::unique_ptr<Filter> filter;
  BlockView old;                   // what was known when this pass began
  std::vector<uint32_t> suspects;  // directories of `old` that are listed anew, sorted
  std::vector<DirTask*> tasks;     // one for each of them
  std::vector<uint32_t> rehash;    // files of `old` that are hashed anew
  std::unique_ptr<Block> copy;     // of `old`, where that happens; or ...
  Entry* in_place = nullptr;       // ... its entries, or those of `state->fresh`
  size_t found = 0;                // entries in all listings
  size_t found_names = 0;          // bytes of their names
};

// One directory to list.
struct DirTask {
  RootRun* run = nullptr;
  DirTask* parent = nullptr;  // whose listing brought this one up; null: from `old`
  // The directory itself: its place among the parent's children. While this task waits or
  // runs, it alone touches what is there, but for `end`, name_offset and name_size.
  Entry* self = nullptr;
  uint32_t old_index = kNoEntry;  // what is remembered about it
  uint32_t path_size = 0;         // of the path below the root

  // Results. Names lie behind one another in `names`. A child with `parent` set has a task:
  // Scanner::task(parent - 1). Of a child directory without one, `end` is where it is in
  // `old`: its subtree there stays. `end` kNoEntry: a file that is still to be hashed.
  uint32_t count = 0;
  uint32_t names_size = 0;
  Entry* children = nullptr;
  char* names = nullptr;
  ArenaPieces::Piece* piece = nullptr;  // where both lie
  std::atomic<bool> disturbed{false};   // it changed under our eyes
  bool gone = false;

  std::string_view name(const Entry& child) const {
    return {names + child.name_offset, child.name_size};
  }
};

struct ScanResult {
  Counters counters;
  bool moving = false;    // something changed while it was looked at
  bool differs = false;   // a file that was hashed in place is not what it was
  bool unstable = false;  // ... and could not be caught in one state
};

class Scanner {
 public:
  // `threads`: how many to use at most.
  explicit Scanner(unsigned threads) : threads_(std::max(1u, threads)), queues_(threads_) {}

  // A directory of run.old, or with kNoEntry the root of a run that has no `old`.
  DirTask* add_directory(RootRun& run, uint32_t old_index);
  // All of run.rehash; after all directories of the run.
  void add_rehash(RootRun& run);
  ScanResult run();

  // After run(): all tasks, in no order, and what a child's `parent` stands for.
  std::deque<DirTask>& tasks() { return tasks_; }
  DirTask& task(uint32_t number) { return tasks_[number]; }

 private:
  struct Job {
    DirTask* directory = nullptr;  // list it, or hash children [begin, end) when end > 0
    RootRun* rehash = nullptr;     // hash rehash[begin, end)
    uint32_t begin = 0, end = 0;
  };
  struct Worker;

  void push(Job job, unsigned worker);
  void start_helper();  // with the mutex held
  bool take(std::vector<Job>& jobs, unsigned worker);
  bool pop(std::vector<Job>& jobs, unsigned worker);
  void work(unsigned number);
  int read_names(int dir, const StatInfo& info, const Filter& filter, Worker& worker);
  void list(DirTask& task, Worker& worker);
  bool look_at_child(DirTask& task, int dir, const char* name, unsigned char type, bool watched,
                     Entry& child, const Entry* old_child, uint32_t old_index, Worker& worker);
  int open_directory(DirTask& task, Worker& worker);
  void open_file(int dir, const char* path, Entry& entry, DirTask* task, Worker& worker);
  void take_outcome(HashOutcome outcome, Entry& entry, const Entry& before, DirTask* task,
                    Worker& worker);
  void hash_open_files(Worker& worker);
  void close_all(Worker& worker);
  void hash_children(DirTask& task, uint32_t begin, uint32_t end, Worker& worker);
  void rehash(RootRun& run, uint32_t begin, uint32_t end, Worker& worker);
  DirTask* push_directory(RootRun& run, DirTask* parent, Entry* self, uint32_t old_index,
                          unsigned worker);
  void push_locked(Job job, unsigned worker);

  unsigned threads_;
  std::mutex mutex_;
  std::condition_variable more_;
  // One queue per thread. Its own newest job first: depth before breadth keeps queues short
  // and a thread where it is. Who has nothing left takes the oldest of another: the one
  // that most is likely to come of, far from where the other works.
  std::vector<std::deque<Job>> queues_;
  size_t jobs_ = 0;  // in all of them
  std::deque<DirTask> tasks_;
  std::deque<Entry> tops_;  // `self` of tasks without a parent
  ArenaPieces pieces_;
  unsigned busy_ = 0, started_ = 1, waiting_ = 0;
  ScanResult result_;
  std::vector<std::thread> helpers_;
};

}  // namespace fbuild::stamp
