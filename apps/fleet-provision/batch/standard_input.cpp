#include "batch/standard_input.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "adapters/system/resources.hpp"
#include "batch/batch_settings.hpp"
#include "config/input_file.hpp"
#include "core/secret.hpp"

namespace fleet_provision::batch {
namespace {

constexpr std::size_t kBytesMax = 1024 * 1024;

tl::unexpected<Error> no_copy(int number) {
  if (auto lack = out_of_resources(number, "cannot copy stdin")) return fail(std::move(*lack));
  return fail(ErrorKind::kFileUnreadable, "cannot copy stdin to memory (errno " + std::to_string(number) + ")",
              "give the claim and the parameters as files");
}

}  // namespace

bool children_read_stdin(const Options& options) {
  return reads_stdin(options, OptionId::kClaim) || reads_stdin(options, OptionId::kParameters);
}

Result<Descriptor> copy_of_stdin() {
  FP_TRY_ASSIGN(std::string bytes, read_standard_input(kBytesMax, ErrorKind::kUsage));
  const WipedAtEnd wiped(bytes);
  Descriptor copy(::memfd_create("stdin", MFD_CLOEXEC));
  if (!copy) return no_copy(errno);
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t count =
        ::pwrite(copy.get(), bytes.data() + written, bytes.size() - written, static_cast<off_t>(written));
    if (count < 0 && errno != EINTR) return no_copy(errno);
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  if (::dup2(copy.get(), STDIN_FILENO) < 0) return no_copy(errno);
  return copy;
}

std::optional<Error> objection_to_stdin(const Options& options, int copy) {
  struct stat facts {};
  if (!reads_stdin(options, OptionId::kClaim) || ::fstat(copy, &facts) != 0 || facts.st_size > 0) return std::nullopt;
  Error error;
  error.kind = ErrorKind::kClaimCertificateUnusable;
  error.message = "the claim on stdin is empty";
  error.hint = "check the error output of the command before the pipe";
  return error;
}

}  // namespace fleet_provision::batch
