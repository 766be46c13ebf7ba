// How a scan is shared out to threads. What they do is in scan_list.cpp.
#include "stamp/scan.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "stamp/parallel.h"
#include "stamp/scan_worker.h"

namespace fbuild::stamp {

namespace {

// Jobs waiting before one more thread is worth its start.
constexpr size_t kJobsPerThread = 4;
// Directories that stay open until what is in them has been opened, too: the kernel then
// looks one name up instead of the whole path. Newest jobs first means that they are those
// on the way to the present one, so the limit is hardly ever met.
constexpr int kKeptOpen = 48;

}  // namespace

DirTask* Scanner::push_directory(RootRun& run, DirTask* parent, Entry* self, uint32_t old_index,
                                 unsigned worker) {
  std::lock_guard<std::mutex> lock(mutex_);
  DirTask* task = &tasks_.emplace_back();
  task->run = &run;
  task->parent = parent;
  task->self = self;
  task->old_index = old_index;
  if (parent) {
    self->parent = static_cast<uint32_t>(tasks_.size());
    task->path_size = parent->path_size + (parent->path_size ? 1 : 0) + self->name_size;
    ++parent->users;
  } else if (old_index != kNoEntry) {
    task->path_size = static_cast<uint32_t>(run.old.path(old_index).size());
  }
  push_locked({task, nullptr, 0, 0}, worker);
  return task;
}

DirTask* Scanner::add_directory(RootRun& run, uint32_t old_index) {
  Entry& self = tops_.emplace_back();
  if (old_index != kNoEntry) self = run.old.entries[old_index];
  return push_directory(run, nullptr, &self, old_index, 0);
}

void Scanner::add_rehash(RootRun& run) {
  run.rehashed.resize(run.rehash.size());
  for (uint32_t i = 0; i < run.rehash.size(); ++i) run.rehashed[i] = run.old.entries[run.rehash[i]];
  for (uint32_t i = 0; i < run.rehash.size(); i += kInlineFiles)
    push({nullptr, &run, i,
          std::min<uint32_t>(i + kInlineFiles, static_cast<uint32_t>(run.rehash.size()))},
         0);
}

void Scanner::push(Job job, unsigned worker) {
  std::lock_guard<std::mutex> lock(mutex_);
  push_locked(job, worker);
}

void Scanner::push_locked(Job job, unsigned worker) {
  queues_[worker].push_back(job);
  ++jobs_;
  if (waiting_) {
    more_.notify_one();
  } else if (busy_ && started_ < threads_ && jobs_ > kJobsPerThread * started_) {
    start_helper();
  }
}

void Scanner::start_helper() {
  try {
    helpers_.emplace_back([this, number = started_] {
      own_descriptors();
      work(number);
    });
    ++started_;
  } catch (...) {
    threads_ = started_;  // no more to be had: go on with those there are
  }
}

bool Scanner::take(Job& job, unsigned worker) {
  if (jobs_ == 0) return false;
  --jobs_;
  std::deque<Job>& own = queues_[worker];
  if (!own.empty()) {
    job = own.back();
    own.pop_back();
    return true;
  }
  std::deque<Job>& fullest =
      *std::max_element(queues_.begin(), queues_.end(),
                        [](const auto& a, const auto& b) { return a.size() < b.size(); });
  job = fullest.front();
  fullest.pop_front();
  return true;
}

bool Scanner::pop(Job& job, unsigned worker) {
  std::unique_lock<std::mutex> lock(mutex_);
  --busy_;
  auto close_own = [&] {
    for (int fd : to_close_[worker]) ::close(fd);
    to_close_[worker].clear();
  };
  close_own();
  while (!take(job, worker)) {
    if (busy_ == 0) {
      more_.notify_all();
      close_own();  // nobody works, so nobody lets go of anything any more
      return false;
    }
    ++waiting_;
    more_.wait(lock);
    --waiting_;
  }
  ++busy_;
  return true;
}

void Scanner::work(unsigned number) {
  Worker worker(pieces_, number);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++busy_;
  }
  Job job;
  while (pop(job, number)) {
    if (job.rehash) {
      rehash(*job.rehash, job.begin, job.end, worker);
    } else if (job.end) {
      hash_children(*job.directory, job.begin, job.end, worker);
    } else {
      list(*job.directory, worker);
    }
  }
  std::lock_guard<std::mutex> lock(mutex_);
  result_.counters.add(worker.counters);
  result_.moving |= worker.moving;
  result_.unstable |= worker.unstable;
}

ScanResult Scanner::run() {
  if (jobs_ == 0) return result_;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    while (started_ < threads_ && jobs_ > kJobsPerThread * started_) start_helper();
  }
  work(0);
  // No helper starts another one any more: all jobs are done.
  for (std::thread& thread : helpers_) thread.join();
  helpers_.clear();
  return result_;
}

// Lets the jobs that a directory leads to use its descriptor, which is closed when the last
// of them is done. False when too many are open: it stays the caller's.
bool Scanner::share(DirTask& task, int fd, unsigned worker) {
  task.users = 1;
  if (kept_open_.fetch_add(1) >= kKeptOpen) {
    --kept_open_;
    return false;
  }
  task.owner = worker;
  task.fd = fd;
  return true;
}

void Scanner::let_go(DirTask* task, unsigned worker) {
  if (!task || --task->users || task->fd < 0) return;
  --kept_open_;
  if (task->owner == worker) {
    ::close(task->fd);
    return;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  to_close_[task->owner].push_back(task->fd);
}

}  // namespace fbuild::stamp
