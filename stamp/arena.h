// Memory for what a scan finds: names and entries of one directory after another, handed
// out from large pieces and given back to the system a piece at a time.
//
// A tree of 200,000 files is some 27 MB of entries, and putting the table's block together
// from what the threads found is a second copy of it. Directories are found and used up in
// much the same order (or its reverse), so pieces empty one after another while the second
// copy grows, and there is never much more than one in memory. The general allocator could
// not do that: what it has been given back stays with the process.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <new>

namespace fbuild::stamp {

// The pieces of all threads.
class ArenaPieces {
 public:
  struct Piece {
    char* base = nullptr;
    size_t size = 0, used = 0;
    uint32_t live = 0;  // things in it
  };

  ArenaPieces() = default;
  ArenaPieces(const ArenaPieces&) = delete;
  ArenaPieces& operator=(const ArenaPieces&) = delete;
  ~ArenaPieces() {
    for (Piece& piece : pieces_) unmap(piece);
  }

  Piece* add(size_t size) {
    void* base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    std::lock_guard<std::mutex> lock(mutex_);
    return &pieces_.emplace_back(Piece{static_cast<char*>(base), size, 0, 0});
  }

  // One thing in `piece` is no longer used. Only when no thread takes from it any more.
  static void release(Piece* piece) {
    if (piece && --piece->live == 0) unmap(*piece);
  }

 private:
  static void unmap(Piece& piece) {
    if (piece.base) ::munmap(piece.base, piece.size);
    piece.base = nullptr;
  }

  std::mutex mutex_;
  std::deque<Piece> pieces_;
};

// One thread's access to them.
class Arena {
 public:
  explicit Arena(ArenaPieces& pieces) : pieces_(pieces) {}

  // Zeroed bytes, aligned for anything up to 8 bytes, in `piece`.
  char* allocate(size_t size, ArenaPieces::Piece*& piece) {
    size = (size + 7) & ~size_t{7};
    if (!current_ || size > current_->size - current_->used)
      current_ = pieces_.add(std::max(current_ ? kPiece : kFirst, (size + 4095) & ~size_t{4095}));
    char* out = current_->base + current_->used;
    current_->used += size;
    ++current_->live;
    piece = current_;
    return out;
  }

 private:
  static constexpr size_t kFirst = 32 * 1024;  // often enough it is one directory
  static constexpr size_t kPiece = 256 * 1024;
  ArenaPieces& pieces_;
  ArenaPieces::Piece* current_ = nullptr;
};

}  // namespace fbuild::stamp
