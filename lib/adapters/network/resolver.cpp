#include "adapters/network/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "adapters/system/descriptor.hpp"
#include "adapters/system/disk_error.hpp"
#include "adapters/system/resources.hpp"
#include "aws/endpoint.hpp"
#include "core/mutex.hpp"
#include "core/text.hpp"

namespace fleet_provision {
namespace {

struct Answer {
  int code = 0;
  int saved_errno = 0;
  std::vector<SocketAddress> addresses;
};

/// The descriptors that a lookup uses at the same time: a file of /etc, sockets to name servers, a library to load.
constexpr unsigned kDescriptorsOfResolver = 6;

/// Shared by the caller and the thread; freed when both have ended.
struct Inquiry {
  Descriptor answered{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Mutex mutex;
  Answer answer FP_GUARDED_BY(mutex);
};

std::string numeric(const addrinfo& each) {
  char text[NI_MAXHOST] = "";
  ::getnameinfo(each.ai_addr, each.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

Answer look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  Answer answer;
  answer.code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list);
  answer.saved_errno = errno;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    address.text = numeric(*each);
    answer.addresses.push_back(std::move(address));
  }
  return answer;
}

/// The function of the thread.
void inquire(Inquiry& inquiry, const std::string& host, std::uint16_t port) noexcept {
  Answer answer;
  try {
    answer = look_up(host, port, 0);
  } catch (const std::bad_alloc&) {
    answer.code = EAI_MEMORY;
  }
  {
    const Lock lock(inquiry.mutex);
    inquiry.answer = std::move(answer);
  }
  ::eventfd_write(inquiry.answered.get(), 1);
}

/// The texts of gai_strerror begin with a capital letter.
std::string in_lower_case(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

tl::unexpected<Error> no_address(const std::string& host, const Answer& answer) {
  const int number = answer.code == EAI_MEMORY ? ENOMEM : answer.code == EAI_SYSTEM ? answer.saved_errno : 0;
  if (auto lack = out_of_resources(number, "cannot resolve " + printable(host))) return fail(std::move(*lack));
  const std::string reason =
      answer.code == EAI_SYSTEM ? words(answer.saved_errno) : in_lower_case(::gai_strerror(answer.code));
  const bool unknown = answer.code == EAI_NONAME || answer.code == EAI_NODATA;
  return fail(ErrorKind::kDns, "cannot resolve " + printable(host) + ": " + reason,
              unknown ? "check the spelling of the endpoint (" + std::string(kEndpointCommand) +
                            " prints it), and whether this network's DNS server resolves public names"
                      : "check the network and /etc/resolv.conf");
}

}  // namespace

bool is_ip_address(const std::string& host) {
  in6_addr bytes{};
  return ::inet_pton(AF_INET, host.c_str(), &bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, Instant deadline,
                                           const Wait& wait) {
  if (Answer literal = look_up(host, port, AI_NUMERICHOST); literal.code == 0) return std::move(literal.addresses);

  const auto inquiry = std::make_shared<Inquiry>();
  // getaddrinfo reports a lack of descriptors, and of memory, as an unknown name.
  FP_TRY(need_descriptors(kDescriptorsOfResolver));
  FP_TRY_ASSIGN(std::thread thread, start_thread([inquiry, host, port] { inquire(*inquiry, host, port); }));
  thread.detach();

  FP_TRY_ASSIGN(const bool answered, wait.until(inquiry->answered.get(), POLLIN, deadline));
  if (!answered) {
    return fail(ErrorKind::kDns, "cannot resolve " + printable(host) + ": no name server answered in time",
                "check the network and /etc/resolv.conf");
  }
  const Lock lock(inquiry->mutex);
  if (inquiry->answer.addresses.empty()) return no_address(host, inquiry->answer);
  return std::move(inquiry->answer.addresses);
}

}  // namespace fleet_provision
