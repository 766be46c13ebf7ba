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
// Jobs taken at a time, when there are enough for all.
constexpr size_t kJobsAtOnce = 6;

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
  if (run.rehash.empty()) return;
  // An earlier pass's entries are ours to change, unless other threads compare with them.
  if (run.state->fresh && run.suspects.empty()) {
    run.in_place = run.state->fresh->entries.data();
  } else {
    run.copy = copy_block(run.old);
    run.in_place = run.copy->entries.data();
  }
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

bool Scanner::take(std::vector<Job>& jobs, unsigned worker) {
  jobs.clear();
  if (jobs_ == 0) return false;
  std::deque<Job>& own = queues_[worker];
  if (own.empty()) {
    std::deque<Job>& fullest =
        *std::max_element(queues_.begin(), queues_.end(),
                          [](const auto& a, const auto& b) { return a.size() < b.size(); });
    jobs.push_back(fullest.front());
    fullest.pop_front();
  } else {
    size_t count = std::clamp<size_t>(jobs_ / threads_, 1, kJobsAtOnce);
    for (; count && !own.empty(); --count) {
      jobs.push_back(own.back());
      own.pop_back();
    }
  }
  jobs_ -= jobs.size();
  return true;
}

bool Scanner::pop(std::vector<Job>& jobs, unsigned worker) {
  std::unique_lock<std::mutex> lock(mutex_);
  --busy_;
  while (!take(jobs, worker)) {
    if (busy_ == 0) {
      more_.notify_all();
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
  std::vector<Job> jobs;
  while (pop(jobs, number)) {
    for (const Job& job : jobs) {
      if (job.rehash) {
        rehash(*job.rehash, job.begin, job.end, worker);
      } else if (job.end) {
        hash_children(*job.directory, job.begin, job.end, worker);
      } else {
        list(*job.directory, worker);
      }
      if (worker.files.size() < kFilesAtOnce) continue;
      hash_open_files(worker);
      close_all(worker);
    }
    hash_open_files(worker);
    close_all(worker);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  result_.counters.add(worker.counters);
  result_.moving |= worker.moving;
  result_.differs |= worker.differs;
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

}  // namespace fbuild::stamp
