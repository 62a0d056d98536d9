//! The certificates that programs in images trust: Mozilla's, as a crate has them, so that Cargo.lock says which.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Characters of a line (RFC 7468 §2).
const LINE: usize = 64;

/// All of them, as PEM.
pub(super) fn trusted() -> Vec<u8> {
    let mut text = String::new();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = BASE64_STANDARD.encode(certificate);
        for (index, character) in encoded.chars().enumerate() {
            if index > 0 && index % LINE == 0 {
                text.push('\n');
            }
            text.push(character);
        }
        text.push_str("\n-----END CERTIFICATE-----\n");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificates_can_be_read_back() {
        let text = String::from_utf8(trusted()).unwrap();
        assert!(text.lines().all(|line| line.len() <= LINE));
        let bodies: Vec<_> = text.split("-----BEGIN CERTIFICATE-----\n").skip(1).collect();
        assert!(bodies.len() > 50, "{}", bodies.len());
        for (body, certificate) in bodies.iter().zip(webpki_root_certs::TLS_SERVER_ROOT_CERTS) {
            let (body, rest) = body.split_once("\n-----END CERTIFICATE-----").unwrap();
            assert_eq!(rest, "\n");
            assert_eq!(BASE64_STANDARD.decode(body.replace('\n', "")).unwrap(), certificate.as_ref());
        }
    }
}
