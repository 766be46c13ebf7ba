#include "generator/ci/shards.h"

#include <algorithm>

namespace fbuild {

std::vector<Shard> share_out(const std::vector<std::string>& environments,
                             const std::map<std::string, double>& seconds, int count) {
  double sum = 0;
  int known = 0;
  for (const std::string& name : environments)
    if (auto found = seconds.find(name); found != seconds.end()) {
      sum += found->second;
      ++known;
    }
  double mean = known && sum > 0 ? sum / known : 1;
  struct Item {
    size_t place;
    double weight;
  };
  std::vector<Item> items;
  for (size_t i = 0; i < environments.size(); ++i) {
    auto found = seconds.find(environments[i]);
    items.push_back({i, found == seconds.end() ? mean : found->second});
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return a.weight > b.weight; });
  struct Bin {
    std::vector<size_t> places;
    double weight = 0;
  };
  std::vector<Bin> bins(std::min(environments.size(), static_cast<size_t>(std::max(count, 1))));
  for (const Item& item : items) {
    // Of those with least the one with fewest, so that none stays empty where all take nothing.
    Bin& least = *std::min_element(bins.begin(), bins.end(), [](const Bin& a, const Bin& b) {
      return a.weight != b.weight ? a.weight < b.weight : a.places.size() < b.places.size();
    });
    least.places.push_back(item.place);
    least.weight += item.weight;
  }
  for (Bin& bin : bins) std::sort(bin.places.begin(), bin.places.end());
  std::sort(bins.begin(), bins.end(),
            [](const Bin& a, const Bin& b) { return a.places < b.places; });
  std::vector<Shard> out;
  for (const Bin& bin : bins) {
    Shard shard;
    shard.weight = bin.weight;
    for (size_t place : bin.places) shard.environments.push_back(environments[place]);
    out.push_back(std::move(shard));
  }
  return out;
}

}  // namespace fbuild
