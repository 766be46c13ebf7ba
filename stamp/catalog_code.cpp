// The catalog's bytes. Numbers are little-endian and of fixed width; a text is a 32-bit
// length and its bytes; a list is a 32-bit count and its items.
#include <bit>
#include <cstring>

#include "stamp/catalog.h"

static_assert(std::endian::native == std::endian::little,
              "entries are mapped as they are: a big-endian port must swap them");

namespace fbuild::stamp {

namespace {

struct Writer {
  std::string out;

  template <class T>
  void number(T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view text) {
    number(static_cast<uint32_t>(text.size()));
    out += text;
  }
  void hash(const Hash128& h) {
    number(h.low);
    number(h.high);
  }
  void value(const Value& v) {
    number(static_cast<uint8_t>(v.kind));
    number(v.size);
    hash(v.hash);
  }
};

struct Reader {
  std::string_view in;
  bool good = true;

  template <class T>
  T number() {
    T value{};
    if (in.size() < sizeof value) {
      good = false;
      in = {};
      return value;
    }
    std::memcpy(&value, in.data(), sizeof value);
    in.remove_prefix(sizeof value);
    return value;
  }
  std::string_view text() {
    uint32_t size = number<uint32_t>();
    if (size > in.size()) {
      good = false;
      in = {};
      return {};
    }
    std::string_view out = in.substr(0, size);
    in.remove_prefix(size);
    return out;
  }
  // A count of items of at least `least` bytes each, so that no damaged count makes us
  // reserve more than the file could hold.
  uint32_t count(size_t least) {
    uint32_t n = number<uint32_t>();
    if (n > in.size() / least) {
      good = false;
      in = {};
      return 0;
    }
    return n;
  }
  bool boolean() {
    uint8_t value = number<uint8_t>();
    if (value > 1) good = false;
    return value == 1;
  }
  Hash128 hash() {
    Hash128 h;
    h.low = number<uint64_t>();
    h.high = number<uint64_t>();
    return h;
  }
  Kind kind() {
    uint8_t value = number<uint8_t>();
    if (value > static_cast<uint8_t>(Kind::Missing)) good = false;
    return static_cast<Kind>(value);
  }
  RefType ref_type() {
    uint8_t value = number<uint8_t>();
    if (value < 1 || value > 4) good = false;
    return static_cast<RefType>(value);
  }
  Value value() {
    Value v;
    v.kind = kind();
    v.size = number<uint64_t>();
    v.hash = hash();
    return v;
  }
};

void write_place(Writer& w, const BlockPlace& place) {
  w.number(place.offset);
  w.number(place.count);
  w.number(place.names_size);
  w.number(place.checksum);
}

BlockPlace read_place(Reader& r) {
  BlockPlace place;
  place.offset = r.number<uint64_t>();
  place.count = r.number<uint64_t>();
  place.names_size = r.number<uint64_t>();
  place.checksum = r.number<uint64_t>();
  return place;
}

void write_root(Writer& w, const RootState& root, const BlockPlace& place) {
  w.text(root.path);
  w.text(root.extensions);
  w.text(root.excludes);
  w.number(static_cast<uint8_t>(root.known));
  w.number(static_cast<uint8_t>(root.poisoned));
  w.hash(root.digest);
  w.number(root.changed);
  w.number(root.touched);
  write_place(w, place);
  w.number(static_cast<uint32_t>(root.snapshots.size()));
  for (const Snapshot& snapshot : root.snapshots) {
    w.hash(snapshot.digest);
    w.number(static_cast<uint32_t>(snapshot.rows.size()));
    for (const SnapshotRow& row : snapshot.rows) {
      w.text(row.path);
      w.value(row.value);
    }
  }
}

void read_root(Reader& r, RootState& root, BlockPlace& place) {
  root.path = r.text();
  root.extensions = r.text();
  root.excludes = r.text();
  root.known = r.boolean();
  root.poisoned = r.boolean();
  root.digest = r.hash();
  root.changed = r.number<uint32_t>();
  root.touched = r.number<uint32_t>();
  place = read_place(r);
  uint32_t snapshots = r.count(20);
  for (uint32_t i = 0; i < snapshots && r.good; ++i) {
    Snapshot& snapshot = root.snapshots.emplace_back();
    snapshot.digest = r.hash();
    uint32_t rows = r.count(29);
    snapshot.rows.reserve(rows);
    for (uint32_t k = 0; k < rows && r.good; ++k) {
      std::string_view path = r.text();
      snapshot.rows.push_back({path, r.value()});
    }
  }
  if (root.path.empty()) r.good = false;
}

void write_seal(Writer& w, const Seal& seal) {
  w.number(static_cast<uint8_t>(seal.present));
  w.hash(seal.fingerprint);
  w.text(seal.metadata);
  w.number(static_cast<uint32_t>(seal.refs.size()));
  for (const SealedRef& ref : seal.refs) {
    w.number(static_cast<uint8_t>(ref.type));
    w.text(ref.name);
    w.hash(ref.digest);
  }
  w.number(static_cast<uint32_t>(seal.artifacts.size()));
  for (const SealedArtifact& artifact : seal.artifacts) {
    w.text(artifact.path);
    w.value(artifact.value);
  }
}

void read_seal(Reader& r, Seal& seal) {
  seal.present = r.boolean();
  seal.fingerprint = r.hash();
  seal.metadata = r.text();
  uint32_t refs = r.count(21);
  seal.refs.reserve(refs);
  for (uint32_t i = 0; i < refs && r.good; ++i) {
    SealedRef& ref = seal.refs.emplace_back();
    ref.type = r.ref_type();
    ref.name = r.text();
    ref.digest = r.hash();
  }
  uint32_t artifacts = r.count(29);
  for (uint32_t i = 0; i < artifacts && r.good; ++i) {
    SealedArtifact& artifact = seal.artifacts.emplace_back();
    artifact.path = r.text();
    artifact.value = r.value();
  }
}

void write_set(Writer& w, const SetState& set) {
  w.text(set.name);
  w.text(set.metadata);
  w.number(static_cast<uint8_t>(set.checked));
  w.hash(set.fingerprint);
  w.number(set.nonce);
  w.number(set.token_generation);
  w.number(set.mark_generation);
  w.number(static_cast<uint32_t>(set.refs.size()));
  for (const Ref& ref : set.refs) {
    w.number(static_cast<uint8_t>(ref.type));
    w.number(static_cast<uint8_t>(ref.package));
    w.number(ref.index);
    w.text(ref.name);
    w.hash(ref.digest);
  }
  w.number(static_cast<uint32_t>(set.artifacts.size()));
  for (uint32_t index : set.artifacts) w.number(index);
  write_seal(w, set.seal);
}

void read_set(Reader& r, SetState& set, const Catalog& catalog) {
  set.name = r.text();
  set.metadata = r.text();
  set.checked = r.boolean();
  set.fingerprint = r.hash();
  set.nonce = r.number<uint64_t>();
  set.token_generation = r.number<uint32_t>();
  set.mark_generation = r.number<uint32_t>();
  uint32_t refs = r.count(26);
  set.refs.reserve(refs);
  for (uint32_t i = 0; i < refs && r.good; ++i) {
    Ref& ref = set.refs.emplace_back();
    ref.type = r.ref_type();
    ref.package = r.boolean();
    ref.index = r.number<uint32_t>();
    ref.name = r.text();
    ref.digest = r.hash();
    size_t limit = ref.type == RefType::Root   ? catalog.roots.size()
                   : ref.type == RefType::File ? catalog.files.size()
                                               : 1;
    if (ref.index >= limit) r.good = false;
  }
  uint32_t artifacts = r.count(4);
  for (uint32_t i = 0; i < artifacts && r.good; ++i) {
    set.artifacts.push_back(r.number<uint32_t>());
    if (set.artifacts.back() >= catalog.files.size()) r.good = false;
  }
  read_seal(r, set.seal);
}

}  // namespace

std::string encode_catalog(const Catalog& catalog, const std::vector<BlockPlace>& places) {
  Writer w;
  w.number(static_cast<uint32_t>(catalog.roots.size()));
  for (size_t i = 0; i < catalog.roots.size(); ++i) write_root(w, catalog.roots[i], places[i]);
  w.number(static_cast<uint32_t>(catalog.files.size()));
  for (const FileState& file : catalog.files) w.text(file.path);
  write_place(w, places[catalog.roots.size()]);
  w.number(static_cast<uint32_t>(catalog.sets.size()));
  for (const SetState& set : catalog.sets) write_set(w, set);
  while (w.out.size() % 8) w.out += '\0';
  return std::move(w.out);
}

bool decode_catalog(std::string_view bytes, Catalog& catalog, std::vector<BlockPlace>& places) {
  Reader r{bytes};
  uint32_t roots = r.count(90);
  catalog.roots.resize(roots);
  places.resize(roots + size_t{1});
  for (uint32_t i = 0; i < roots && r.good; ++i) read_root(r, catalog.roots[i], places[i]);
  uint32_t files = r.count(4);
  catalog.files.reserve(files);
  for (uint32_t i = 0; i < files && r.good; ++i) catalog.files.push_back({r.text(), Entry{}});
  places[roots] = read_place(r);
  uint32_t sets = r.count(60);
  catalog.sets.resize(sets);
  for (uint32_t i = 0; i < sets && r.good; ++i) {
    read_set(r, catalog.sets[i], catalog);
    // Looked up by bisection.
    if (i && catalog.sets[i].name <= catalog.sets[i - 1].name) r.good = false;
  }
  if (r.in.size() >= 8) r.good = false;
  return r.good;
}

}  // namespace fbuild::stamp
