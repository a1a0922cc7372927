#include "tests/benchmark/delay_proxy/round_trips.hpp"

#include <sstream>

namespace fleet_provision::benchmark {
namespace {

std::string fields(const ConnectionCount& count) {
  return "\"roundTrips\":" + std::to_string(count.round_trips) + ",\"turns\":" + std::to_string(count.turns) +
         ",\"bytesToServer\":" + std::to_string(count.bytes_to_server) +
         ",\"bytesToClient\":" + std::to_string(count.bytes_to_client);
}

}  // namespace

void RoundTrips::client_sent(std::size_t size) {
  count_.bytes_to_server += size;
  if (waiting_) return;
  waiting_ = true;
  ++count_.turns;
}

void RoundTrips::client_got(std::size_t size) {
  count_.bytes_to_client += size;
  if (waiting_ && !closed_) ++count_.round_trips;
  waiting_ = false;
}

std::string report(double round_trip_ms, const std::vector<ConnectionCount>& connections) {
  ConnectionCount sum;
  sum.round_trips = 0;
  std::string each;
  for (const ConnectionCount& count : connections) {
    sum.turns += count.turns;
    sum.round_trips += count.round_trips;
    sum.bytes_to_server += count.bytes_to_server;
    sum.bytes_to_client += count.bytes_to_client;
    each += (each.empty() ? "{" : ",{") + fields(count) + "}";
  }
  std::ostringstream text;
  text << "{\"roundTripMs\":" << round_trip_ms << ",\"connections\":" << connections.size() << "," << fields(sum)
       << ",\"each\":[" << each << "]}";
  return text.str();
}

}  // namespace fleet_provision::benchmark
