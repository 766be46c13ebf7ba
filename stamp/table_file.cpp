#include "stamp/table_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "stamp/clock.h"

namespace fbuild::stamp {

bool g_fail_next_mmap = false;

namespace {

// Mappings whose pages may vanish. A signal handler reads this, so: plain atomics.
struct Mapping {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> size{0};
  std::atomic<bool> taken{false};
  std::atomic<bool> cut{false};
};
Mapping g_mappings[32];
struct sigaction g_old_sigbus;

void on_sigbus(int signal_number, siginfo_t* info, void* context) {
  uintptr_t at = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Mapping& mapping : g_mappings) {
    uintptr_t begin = mapping.begin.load(), size = mapping.size.load();
    if (!begin || at < begin || at >= begin + size) continue;
    uintptr_t page = at & ~uintptr_t{4095};
    mapping.cut.store(true);
    if (::mmap(reinterpret_cast<void*>(page), begin + size - page, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
      return;
  }
  // Not ours: whoever was there before, or the default, which is to die of it.
  if (g_old_sigbus.sa_flags & SA_SIGINFO) {
    g_old_sigbus.sa_sigaction(signal_number, info, context);
  } else if (g_old_sigbus.sa_handler != SIG_DFL && g_old_sigbus.sa_handler != SIG_IGN) {
    g_old_sigbus.sa_handler(signal_number);
  } else {
    ::signal(SIGBUS, SIG_DFL);
    ::raise(SIGBUS);
  }
}

void install_handler() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    return ::sigaction(SIGBUS, &action, &g_old_sigbus) == 0;
  }();
  (void)installed;
}

int register_mapping(const void* begin, uint64_t size) {
  install_handler();
  for (int i = 0; i < 32; ++i) {
    bool free = false;
    if (!g_mappings[i].taken.compare_exchange_strong(free, true)) continue;
    g_mappings[i].cut = false;
    g_mappings[i].size = size;
    g_mappings[i].begin = reinterpret_cast<uintptr_t>(begin);
    return i;
  }
  return -1;
}

// CRC-16/CCITT, which shows every change within any two neighbouring bytes.
uint16_t crc16(uint64_t value) {
  uint16_t crc = 0;
  for (int byte = 5; byte >= 0; --byte) {
    crc = static_cast<uint16_t>(crc ^ (((value >> (8 * byte)) & 0xff) << 8));
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<uint16_t>(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

std::atomic_ref<uint64_t> word_at(uint64_t* words, uint64_t index) {
  return std::atomic_ref<uint64_t>(words[index]);
}

uint64_t live_words_for(size_t roots) {
  // Whole pages, so that the writable mapping holds nothing but these words.
  return ((kLiveRoots + roots) * 8 + 4095) / 4096 * 512;
}

}  // namespace

uint64_t encode_live(uint64_t value) {
  value &= (uint64_t{1} << 48) - 1;
  return value << 16 | crc16(value);
}

bool decode_live(uint64_t word, uint64_t& value) {
  value = word >> 16;
  if (crc16(value) == (word & 0xffff)) return true;
  value = 0;
  return false;
}

TableFile::State TableFile::open(const std::string& path, Catalog& catalog, std::string& reason) {
  close();
  auto damaged = [&](std::string why) {
    reason = std::move(why);
    close();
    return State::Damaged;
  };
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  bool writable = static_cast<bool>(fd);
  if (!fd) fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    if (errno == ENOENT) return State::Missing;
    return damaged(errno_text(errno));
  }
  struct stat st;
  if (::fstat(fd.get(), &st) != 0) return damaged(errno_text(errno));
  if (!S_ISREG(st.st_mode)) return damaged("it is not a regular file");
  if (st.st_uid != ::geteuid()) return damaged("it belongs to another user");
  size_ = static_cast<uint64_t>(st.st_size);
  if (size_ < kHeaderSize) return damaged("it is cut short");
  void* map = MAP_FAILED;
  if (g_fail_next_mmap) {
    g_fail_next_mmap = false;
    errno = ENOMEM;
  } else {
    map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd.get(), 0);
  }
  if (map == MAP_FAILED) return damaged("it cannot be mapped: " + errno_text(errno));
  data_ = static_cast<const char*>(map);
  slot_ = register_mapping(data_, size_);
  if (slot_ < 0) return damaged("too many tables are open");

  TableHeader header;
  std::memcpy(&header, data_, sizeof header);
  if (std::memcmp(header.magic, kMagic, 8) != 0) return damaged("it is no watch table");
  if (header.version != kTableVersion)
    return damaged("it has version " + std::to_string(header.version) + ", not " +
                   std::to_string(kTableVersion));
  uint64_t checksum;
  std::memcpy(&checksum, data_ + kHeaderSize - 8, 8);
  if (checksum != checksum64(data_, kHeaderSize - 8)) return damaged("its header is damaged");
  if (header.file_size != size_) return damaged("its size is wrong");
  if (header.header_size != kHeaderSize || header.live_offset != kLiveOffset ||
      header.live_words > size_ / 8 || header.live_words % 512 ||
      header.catalog_offset != kLiveOffset + header.live_words * 8 ||
      header.catalog_offset > size_ || header.catalog_size > size_ - header.catalog_offset)
    return damaged("its header makes no sense");
  std::string_view bytes(data_ + header.catalog_offset, header.catalog_size);
  if (checksum64(bytes.data(), bytes.size(), header.table_id) != header.catalog_checksum)
    return damaged("its catalog is damaged");
  std::vector<BlockPlace> places;
  if (!decode_catalog(bytes, catalog, places)) return damaged("its catalog makes no sense");
  live_words_ = header.live_words;
  live_bytes_ = live_words_ * 8;
  if (live_words_ < live_words_for(catalog.roots.size()))
    return damaged("its header makes no sense");

  // The blocks follow one another to the end of the file, leaving no byte out.
  uint64_t at = header.catalog_offset + header.catalog_size;
  for (size_t i = 0; i < places.size(); ++i) {
    const BlockPlace& place = places[i];
    if (place.offset != at || place.count > (size_ - at) / sizeof(Entry) ||
        place.count > UINT32_MAX || place.names_size > size_ - at || place.size() > size_ - at ||
        at % 8)
      return damaged("its blocks make no sense");
    BlockView view{reinterpret_cast<const Entry*>(data_ + at), static_cast<uint32_t>(place.count),
                   data_ + at + place.count * sizeof(Entry), place.names_size, true};
    if (i < catalog.roots.size()) {
      catalog.roots[i].view = view;
      catalog.roots[i].checksum = place.checksum;
      if (catalog.roots[i].known && !view.count) return damaged("its blocks make no sense");
    } else {
      if (view.count != catalog.files.size() || place.names_size)
        return damaged("its blocks make no sense");
      if (checksum64(data_ + at, place.size(), header.table_id) != place.checksum)
        return damaged("its single files are damaged");
      for (uint32_t k = 0; k < view.count; ++k) catalog.files[k].entry = view.entries[k];
    }
    at += place.size();
  }
  if (at != size_) return damaged("its size is wrong");

  void* live = ::mmap(nullptr, live_bytes_, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                      MAP_SHARED, fd.get(), static_cast<off_t>(kLiveOffset));
  if (live == MAP_FAILED) return damaged("it cannot be mapped: " + errno_text(errno));
  live_ = static_cast<uint64_t*>(live);
  live_slot_ = register_mapping(live_, live_bytes_);
  if (live_slot_ < 0) return damaged("too many tables are open");
  live_writable_ = writable;
  table_id_ = header.table_id;
  catalog.table_id = header.table_id;
  catalog.generation = static_cast<uint32_t>(header.generation);
  catalog.published = header.published;
  catalog.boot = header.boot;
  if (live_damaged()) return damaged("its counters or check times are damaged");
  if (was_cut()) return damaged("it was cut short while it was read");
  bool this_boot = boot_identity() && live_value(kLiveBoot) == boot_identity();
  for (size_t i = 0; i < catalog.roots.size(); ++i)
    catalog.roots[i].checked_ms = this_boot ? live_value(kLiveRoots + i) : 0;
  return State::Good;
}

void TableFile::close() {
  for (int* slot : {&slot_, &live_slot_}) {
    if (*slot < 0) continue;
    g_mappings[*slot].begin = 0;
    g_mappings[*slot].taken = false;
    *slot = -1;
  }
  if (live_) ::munmap(live_, live_bytes_);
  if (data_) ::munmap(const_cast<char*>(data_), size_);
  live_ = nullptr;
  data_ = nullptr;
  size_ = 0;
}

bool TableFile::verify_block(RootState& root) const {
  if (root.fresh || root.verified) return true;
  if (!data_ || !root.view.entries) return false;
  BlockPlace place{0, root.view.count, root.view.names_size, 0};
  if (checksum64(root.view.entries, place.size(), table_id_) != root.checksum) return false;
  root.verified = true;
  return !was_cut();
}

bool TableFile::was_cut() const {
  return (slot_ >= 0 && g_mappings[slot_].cut.load()) ||
         (live_slot_ >= 0 && g_mappings[live_slot_].cut.load());
}

uint64_t TableFile::live_value(uint64_t index) const {
  if (!data_ || index >= live_words_) return 0;
  uint64_t word;
  std::memcpy(&word, data_ + kLiveOffset + index * 8, 8);
  uint64_t value;
  decode_live(word, value);
  return value;
}

bool TableFile::live_damaged() const {
  for (uint64_t i = 0; i < live_words_; ++i) {
    uint64_t word, value;
    std::memcpy(&word, data_ + kLiveOffset + i * 8, 8);
    if (word != 0 && !decode_live(word, value)) return true;
  }
  return false;
}

void TableFile::store_check_time(size_t root, uint64_t milliseconds) {
  uint64_t boot = boot_identity();
  if (!live_ || !live_writable_ || was_cut() || !boot || kLiveRoots + root >= live_words_) return;
  if (live_value(kLiveBoot) != boot) {
    // Times of another boot mean nothing in this one: gone before the boot is named.
    for (uint64_t i = kLiveRoots; i < live_words_; ++i)
      if (word_at(live_, i).load()) word_at(live_, i).store(0);
    word_at(live_, kLiveBoot).store(encode_live(boot));
  }
  word_at(live_, kLiveRoots + root).store(encode_live(milliseconds));
}

void TableFile::add_counters(const Counters& run) {
  if (!live_ || !live_writable_ || was_cut()) return;
  Counters copy = run;
  for (int i = 0; i < kCounterCount; ++i) {
    uint64_t add = counter(copy, i);
    std::atomic_ref<uint64_t> last = word_at(live_, kLiveLast + static_cast<uint64_t>(i));
    uint64_t encoded = encode_live(add);
    if (last.load() != encoded) last.store(encoded);
    if (!add) continue;
    std::atomic_ref<uint64_t> total = word_at(live_, kLiveTotals + static_cast<uint64_t>(i));
    uint64_t old = total.load(), value;
    do {
      decode_live(old, value);
    } while (!total.compare_exchange_weak(old, encode_live(value + add)));
  }
}

Counters live_counters(const TableFile& file, uint64_t first_word) {
  Counters out;
  for (int i = 0; i < kCounterCount; ++i)
    counter(out, i) = file.live_value(first_word + static_cast<uint64_t>(i));
  return out;
}

namespace {

bool write_all(int fd, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size) {
    ssize_t n = ::write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

// The bytes of entries and names as they lie in the file are one run already in the
// mapping; of a fresh block they are two, and the padding.
bool write_block(int fd, const RootState& root) {
  const BlockView& view = root.view;
  BlockPlace place{0, view.count, view.names_size, 0};
  if (!root.fresh) {
    bool good = write_all(fd, view.entries, place.size());
    view.give_back();
    return good;
  }
  static const char kZeros[8] = {};
  return write_all(fd, view.entries, view.count * sizeof(Entry)) &&
         write_all(fd, view.names, view.names_size) &&
         write_all(fd, kZeros, place.size() - view.count * sizeof(Entry) - view.names_size);
}

}  // namespace

Status TableFile::publish(const std::string& path, Catalog& catalog, const Counters& totals,
                          const Counters& last) const {
  collect_garbage(catalog);
  if (!catalog.table_id) {
    if (::getrandom(&catalog.table_id, 8, 0) != 8)
      catalog.table_id = static_cast<uint64_t>(file_clock_now());
    catalog.table_id |= 1;
  }
  ++catalog.generation;
  catalog.published = file_clock_now();
  catalog.boot = boot_identity();

  std::vector<Entry> files;
  for (const FileState& file : catalog.files) files.push_back(file.entry);
  std::vector<BlockPlace> places(catalog.roots.size() + 1);
  for (size_t i = 0; i < catalog.roots.size(); ++i) {
    RootState& root = catalog.roots[i];
    places[i].count = root.view.count;
    places[i].names_size = root.view.names_size;
    if (root.fresh)
      root.checksum = checksum64_padded(root.view.entries, root.view.count * sizeof(Entry),
                                        root.view.names, root.view.names_size, catalog.table_id);
    places[i].checksum = root.checksum;
  }
  places.back().count = files.size();
  places.back().checksum = checksum64(files.data(), files.size() * sizeof(Entry), catalog.table_id);

  TableHeader header = {};
  std::memcpy(header.magic, kMagic, 8);
  header.version = kTableVersion;
  header.header_size = kHeaderSize;
  header.live_offset = kLiveOffset;
  header.live_words = live_words_for(catalog.roots.size());
  header.catalog_offset = kLiveOffset + header.live_words * 8;
  header.catalog_size = encode_catalog(catalog, places).size();
  uint64_t at = header.catalog_offset + header.catalog_size;
  for (BlockPlace& place : places) {
    place.offset = at;
    at += place.size();
  }
  std::string code = encode_catalog(catalog, places);
  header.file_size = at;
  header.catalog_checksum = checksum64(code.data(), code.size(), catalog.table_id);
  header.table_id = catalog.table_id;
  header.generation = catalog.generation;
  header.published = catalog.published;
  header.boot = catalog.boot;

  std::string head(kHeaderSize + header.live_words * 8, '\0');
  std::memcpy(head.data(), &header, sizeof header);
  uint64_t checksum = checksum64(head.data(), kHeaderSize - 8);
  std::memcpy(head.data() + kHeaderSize - 8, &checksum, 8);
  auto put_live = [&](uint64_t index, uint64_t value) {
    uint64_t word = encode_live(value);
    std::memcpy(head.data() + kLiveOffset + index * 8, &word, 8);
  };
  put_live(kLiveBoot, catalog.boot);
  Counters total_copy = totals, last_copy = last;
  for (int i = 0; i < kCounterCount; ++i) {
    put_live(kLiveTotals + static_cast<uint64_t>(i), counter(total_copy, i));
    put_live(kLiveLast + static_cast<uint64_t>(i), counter(last_copy, i));
  }
  for (size_t i = 0; i < catalog.roots.size(); ++i)
    put_live(kLiveRoots + i, catalog.boot ? catalog.roots[i].checked_ms : 0);
  head += code;

  // One fixed name: only the holder of the lock writes it, and what a killed one left
  // behind is overwritten by the next.
  std::string temporary = path + ".new";
  auto failed = [&](int error_number) {
    ::unlink(temporary.c_str());
    return Error{"cannot write: " + errno_text(error_number), "", path};
  };
  ::unlink(temporary.c_str());
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return failed(errno);
  // With its blocks allocated, ext4 does not start writing them out when the file takes
  // another one's place: 0.4 ms instead of 1.2 for 900 KB. Where it cannot, nothing is lost.
  (void)!::fallocate(fd.get(), 0, 0, static_cast<off_t>(header.file_size));
  bool good = write_all(fd.get(), head.data(), head.size());
  for (size_t i = 0; good && i < catalog.roots.size(); ++i)
    good = write_block(fd.get(), catalog.roots[i]);
  good = good && write_all(fd.get(), files.data(), files.size() * sizeof(Entry));
  if (!good) return failed(errno);
  if (::close(fd.release()) != 0) return failed(errno);
  // Texts and blocks may have been zeros by the time they were copied.
  if (was_cut()) return failed(ESTALE);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(errno);
  return {};
}

Result<Fd> lock_table(const std::string& path, double seconds) {
  std::string name = path + ".lock";
  Fd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return Error{"cannot lock: " + errno_text(errno), "", name};
  for (double waited = 0;;) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK && errno != EINTR)
      return Error{"cannot lock: " + errno_text(errno), "", name};
    if (waited >= seconds) return Error{"another process has held the lock for too long", "", name};
    // Whoever holds it is writing a file: a matter of milliseconds.
    timespec pause = {0, 500000};
    ::nanosleep(&pause, nullptr);
    waited += 0.0005;
  }
}

}  // namespace fbuild::stamp
