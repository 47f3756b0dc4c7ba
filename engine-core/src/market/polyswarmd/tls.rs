//! One TLS set-up for the websocket and the REST client: rustls on ring, Mozilla's roots and the system's.
//!
//! The provider is named here, so nothing depends on a process-wide default that another crate may have set.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// Roots of both kinds: a container may have no certificates of its own, and an operator's node may have a private issuer.
///
/// It reads the system's certificate files (about 300 kB): call it once, at start.
pub(super) fn client_config() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::debug!(%error, "some of the system's certificates cannot be read");
    }
    roots.add_parsable_certificates(system.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
