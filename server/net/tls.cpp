// SPDX-License-Identifier: Apache-2.0
#include "server/net/tls.h"

#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

namespace inferad::net {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Result<std::shared_ptr<ssl::context>> make_tls_context(const flow::TlsFiles& files, TlsRole role) {
  auto context =
      std::make_shared<ssl::context>(role == TlsRole::client ? ssl::context::tls_client : ssl::context::tls_server);
  auto* const raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2; those of 1.3 are all fit
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  error_code error;
  const auto failed = [&](const char* what, const std::filesystem::path& file) {
    return Error{Errc::invalid_input, "tls: " + std::string(what) + " " + file.string() + ": " + error.message()};
  };
  context->use_certificate_chain_file(files.certificate.string(), error);
  if (error) return failed("certificate", files.certificate);
  context->use_private_key_file(files.key.string(), ssl::context::pem, error);
  if (error) return failed("key", files.key);
  if (SSL_CTX_check_private_key(raw) != 1) {
    error = boost::asio::error::invalid_argument;
    return failed("key does not belong to the certificate:", files.key);
  }
  context->load_verify_file(files.ca.string(), error);
  if (error) return failed("CA", files.ca);
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  return context;
}

void TlsOrPlain::use_tls(std::shared_ptr<ssl::context> context, const std::string& host) {
  context_ = std::move(context);
  tls_.emplace(socket_, *context_);
  if (host.empty()) return;
  tls_->set_verify_callback(ssl::host_name_verification(host));
  error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  if (no_address) SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
}

}  // namespace inferad::net
