#include "lnk/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "support/files.h"

namespace fbuild::lnk {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr int kBar = 24;

size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

}  // namespace

std::string human_bytes(uint64_t bytes) {
  static const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1000 && unit < 4) value /= 1000, ++unit;
  char out[32];
  std::snprintf(out, sizeof out, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return out;
}

ProgressDisplay::ProgressDisplay(size_t files, bool quiet)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1), files_(files) {}

ProgressDisplay::~ProgressDisplay() {
  clear();
}

ProgressCallback ProgressDisplay::callback() {
  if (quiet_) return {};
  return [this](const FetchProgress& progress) { on(progress); };
}

void ProgressDisplay::file_done() {
  std::lock_guard lock(mutex_);
  ++done_;
  if (terminal_ && drawn_) draw();
}

void ProgressDisplay::print(const std::string& line) {
  std::lock_guard lock(mutex_);
  clear();
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void ProgressDisplay::on(const FetchProgress& progress) {
  std::lock_guard lock(mutex_);
  if (progress.phase == FetchProgress::Done) {
    auto found = transfers_.find(progress.url);
    if (found != transfers_.end()) {
      finished_bytes_ += found->second.bytes;
      transfers_.erase(found);
    }
    return;
  }
  Transfer& transfer = transfers_[std::string(progress.url)];
  transfer.phase = progress.phase;
  if (progress.phase == FetchProgress::Fetching) {
    transfer.bytes = progress.bytes;
    transfer.total = progress.total;
    last_fetch_ = std::chrono::steady_clock::now();
    if (fetching_since_ == std::chrono::steady_clock::time_point()) fetching_since_ = last_fetch_;
  } else if (progress.phase == FetchProgress::Extracting) {
    transfer.unpacked = progress.bytes;
  }
  if (!terminal_) {
    if (progress.phase == FetchProgress::Retrying) {
      std::fprintf(stderr, "trying again: %s: %s\n", std::string(progress.url).c_str(),
                   std::string(progress.note).c_str());
    } else if (progress.phase == FetchProgress::Fetching && !transfer.announced) {
      transfer.announced = true;
      std::fprintf(stderr, "fetching %s%s\n", std::string(progress.url).c_str(),
                   progress.total ? (" (" + human_bytes(progress.total) + ")").c_str() : "");
    }
    return;
  }
  auto now = std::chrono::steady_clock::now();
  if (now - drawn_at_ < kRedraw) return;
  drawn_at_ = now;
  draw();
}

void ProgressDisplay::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void ProgressDisplay::draw() {
  uint64_t bytes = finished_bytes_, total = finished_bytes_, unpacked = 0;
  bool total_known = true, fetching = false, retrying = false, waiting = false;
  const std::string* latest = nullptr;
  for (const auto& [url, transfer] : transfers_) {
    bytes += transfer.bytes;
    total += transfer.total;
    unpacked += transfer.unpacked;
    if (transfer.phase == FetchProgress::Waiting) {
      waiting = true;
      continue;
    }
    bool transferring = transfer.phase == FetchProgress::Fetching;
    retrying |= transfer.phase == FetchProgress::Retrying;
    total_known &= transfer.total > 0 || transfer.phase == FetchProgress::Extracting;
    // Of several, one that is being fetched.
    if (!latest || (transferring && !fetching)) latest = &url;
    fetching |= transferring;
  }
  std::string line;
  if (files_ > 1) line += "[" + std::to_string(done_) + "/" + std::to_string(files_) + "] ";
  if (total_known && total > 0) {
    int filled = static_cast<int>(std::min(bytes, total) * kBar / total);
    line += "[" + std::string(static_cast<size_t>(filled), '#') +
            std::string(static_cast<size_t>(kBar - filled), '.') + "] ";
  }
  line += human_bytes(bytes);
  if (total_known && total > 0) line += " of " + human_bytes(total);
  double seconds = std::chrono::duration<double>(last_fetch_ - fetching_since_).count();
  if (fetching && seconds > 0.5)
    line += ", " + human_bytes(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)) + "/s";
  if (fetching) {
    line += ", fetching ";
  } else if (retrying) {
    line += ", trying again ";
  } else if (unpacked > 0) {
    line += ", unpacked " + human_bytes(unpacked) + " of ";
  } else if (waiting) {
    line += ", waiting for another process ";
  } else {
    latest = nullptr;  // complete, and not shown for long
  }
  if (latest) line += std::string(base_name(*latest));
  size_t width = terminal_width() - 1;
  if (line.size() > width) line.resize(width);
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace fbuild::lnk
