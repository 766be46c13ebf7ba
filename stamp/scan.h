// Lists directories and hashes files in parallel: the part of a check that is done only
// for what is new or changed. A queue of directories is shared by the threads; each
// directory is listed, its files are hashed while it is open, and its subdirectories go
// to the queue. Trees are put together afterwards, in order (verify.cpp).
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

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
  std::vector<uint32_t> rehash;    // files of `old` that are hashed anew in place
  std::vector<Entry> rehashed;     // their results
};

// One directory to list.
struct DirTask {
  RootRun* run = nullptr;
  DirTask* parent = nullptr;      // whose listing brought this one up; null: from `old`
  uint32_t old_index = kNoEntry;  // what is remembered about it
  std::string path;               // below the root
  Entry self;

  // Results. A child's names lie in `names`. Of a child directory, `end` is where it is
  // in `old` when its old subtree stays, and `parent` is the index of its task plus 1 when
  // it has one.
  std::vector<Entry> children;
  std::string names;
  std::vector<DirTask*> subtasks;
  std::atomic<bool> disturbed{false};  // it changed under our eyes
  bool gone = false;
};

struct ScanResult {
  Counters counters;
  bool moving = false;    // something changed while it was looked at
  bool unstable = false;  // ... and could not be caught in one state
};

class Scanner {
 public:
  // `threads`: how many to use at most.
  explicit Scanner(unsigned threads) : threads_(threads) {}

  DirTask* add_directory(RootRun& run, uint32_t old_index, const std::string& path);
  // All of run.rehash.
  void add_rehash(RootRun& run);
  ScanResult run();

 private:
  struct Job {
    DirTask* directory = nullptr;  // list it, or hash children [begin, end) when end > 0
    RootRun* rehash = nullptr;     // hash rehash[begin, end)
    uint32_t begin = 0, end = 0;
  };
  struct Worker;

  void push(Job job);
  void start_helper();  // with the mutex held
  bool pop(Job& job);
  void work();
  void list(DirTask& task, Worker& worker);
  void look_at_child(DirTask& task, int dir, uint32_t index, unsigned char type,
                     const Entry* old_child, uint32_t old_index, Worker& worker);
  void hash_child(DirTask& task, int dir, const char* path, Entry& child, Worker& worker);
  void hash_children(DirTask& task, uint32_t begin, uint32_t end, Worker& worker);
  void rehash(RootRun& run, uint32_t begin, uint32_t end, Worker& worker);
  DirTask* new_task();

  unsigned threads_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Job> jobs_;
  std::deque<std::unique_ptr<DirTask>> tasks_;
  unsigned busy_ = 0, started_ = 1, waiting_ = 0;
  ScanResult result_;
  std::vector<std::thread> helpers_;
};

}  // namespace fbuild::stamp
