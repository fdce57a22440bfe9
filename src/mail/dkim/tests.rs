use super::*;
use crate::mail::{Mailer, Outbox};
use crate::model::{Delivery, DkimSettings, EditionText, MailSettings, MailWay};
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm};

/// Made for these tests with `openssl genpkey`; they sign nothing else.
const RSA: &str = "-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC09rtfRhgGxMxs
yoXZ8jizTI3l6bM8kn0JH5XJilG/nn/mz6hw/eak7UeKhIByGNjfQ4sat+320+b1
wshuEvMHtBjnB+lRjHtSZQfVzN6/IqDC4qVjumbN1iLI7KdUB5kPEy4sJZFE6Y3S
Qv6spOKF4IuPkJyqcDjoOckU2HE02s7RTvGyL6WVDvY3+jxFM4Sh1dNCAJKBPbGk
aDi94Sh3rybZL5hfCh3OQY3PxYFenxAOUKhtK3VDNsPKvVNTuSZndjEwPzsXLj8g
ENh3s1McgBrAPcYEv5P58ZzyTGyX/3S6utEI18GteH3alZ7PI54hyQkzcxC/pRva
e8S9SqpFAgMBAAECggEAJFm1jK9LTzzD5YyO85cs3ZNgo5DcsKuqUyVVlMzkm+2u
OoJ3Du9pn7KMHt574K9uDPcH37+XnO+24qIUWcwTpnX+VJYpv3hNI2FpAADts440
pcEaQNymHu3HQf4LpJz8GWOccEDBnAqgMt7DQpHCcOsIjbeaSMBPJhLJehb6Mof0
70igXF+jpIUxxgGCwNaq+o4ZzJMD+xP6mT5gQAfBTedYC2rvJciyIy6KxY1wnJx5
gh3hV54DFm4gQeys7DJzHbYGPMHHeXIFGmBUi/tYCM9oSzvu0Ai9dPjL5sdXBWYH
UKFGoFDxEdhVHvQW4i/Je/evjZUhqsvno5R18JYOUQKBgQDYwYdkuAhw7ANJVjum
HCJ/mp/heyeYsIBfgNJd51RYSL1tuZqWLP+LLDiembn6BNH7kstyjoOk7YEaaNpF
51yrGBmOaliIdoyK5MExdKSRg4oSXmKc7fqcm+/kvQT83fvSUK5Pff7DrAFAK7Yz
YSjaqXjnn+LMo8YNXM4djVS/uQKBgQDVukNzGB6rIijyJ7dbdIT4rOuYNrS3nlro
5EJaUdlMaZ7Qquyrwy5sZ24fss7X8dl8ALW1y//rtN2ZvyIINFbRFZCd237ylO9S
n5FI8cWl1cLHuIOLaOZJnuTVqu8OovqqYlYuznr2TyVLj+kFADs79rDYvD3RoVlQ
/NXZGtyM7QKBgE8ObvJmSPXerugton3YXyDJZazYvT1sirXKh2+mctXsWeLOQjqp
2N6K12/JQ9KTtX6bMMbsgclCssbOHWZHlz30AUY3NWk4S9RQ0MHX+Dn2jwJaGH+C
MNiz61AzPMF5uWIg+SKXIrd9Yctk5gRhWIRAMY/ReegHh7HR+n8+z/1JAoGBANCi
NguZRP7bpsrUWFoPgWpbKtR4uqrwC2CCyf7vHUdJZ33dDJGTQ7MQuGB7JQ2KCjrR
WpBv5pBKC3R1LxyBMyqBeZ2PUfotxv2JxMJHOSBsbeqWxNqG+R5u3IVzik9oa3d9
7RFeAIyGsCp1/gsisbAUXYgFIfeMIOs9FOgNH7T1AoGBANQvbFnYyk1SmbAOEEuo
ZnHvILN2ZtqCbEbiXQKr1nJ/dm+fBeb7kktM8c7lBNQBSbi3LN6E1uzhInIxRWQF
WYwERZiaEq+MAQs17anP4MlqGGKSJFCUHFs121hlRMH0kLwBv4pIWadEBoTlrgtc
qSkD5HvwAgQQGzspXBhIj4Z9
-----END PRIVATE KEY-----";
const RSA_PKCS1: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIEpAIBAAKCAQEAtPa7X0YYBsTMbMqF2fI4s0yN5emzPJJ9CR+VyYpRv55/5s+o
cP3mpO1HioSAchjY30OLGrft9tPm9cLIbhLzB7QY5wfpUYx7UmUH1czevyKgwuKl
Y7pmzdYiyOynVAeZDxMuLCWRROmN0kL+rKTiheCLj5CcqnA46DnJFNhxNNrO0U7x
si+llQ72N/o8RTOEodXTQgCSgT2xpGg4veEod68m2S+YXwodzkGNz8WBXp8QDlCo
bSt1QzbDyr1TU7kmZ3YxMD87Fy4/IBDYd7NTHIAawD3GBL+T+fGc8kxsl/90urrR
CNfBrXh92pWezyOeIckJM3MQv6Ub2nvEvUqqRQIDAQABAoIBACRZtYyvS088w+WM
jvOXLN2TYKOQ3LCrqlMlVZTM5JvtrjqCdw7vaZ+yjB7ee+Cvbgz3B9+/l5zvtuKi
FFnME6Z1/lSWKb94TSNhaQAA7bOONKXBGkDcph7tx0H+C6Sc/BljnHBAwZwKoDLe
w0KRwnDrCI23mkjATyYSyXoW+jKH9O9IoFxfo6SFMcYBgsDWqvqOGcyTA/sT+pk+
YEAHwU3nWAtq7yXIsiMuisWNcJyceYId4VeeAxZuIEHsrOwycx22BjzBx3lyBRpg
VIv7WAjPaEs77tAIvXT4y+bHVwVmB1ChRqBQ8RHYVR70FuIvyXv3r42VIarL56OU
dfCWDlECgYEA2MGHZLgIcOwDSVY7phwif5qf4XsnmLCAX4DSXedUWEi9bbmaliz/
iyw4npm5+gTR+5LLco6DpO2BGmjaRedcqxgZjmpYiHaMiuTBMXSkkYOKEl5inO36
nJvv5L0E/N370lCuT33+w6wBQCu2M2Eo2ql455/izKPGDVzOHY1Uv7kCgYEA1bpD
cxgeqyIo8ie3W3SE+KzrmDa0t55a6ORCWlHZTGme0Krsq8MubGduH7LO1/HZfAC1
tcv/67Tdmb8iCDRW0RWQndt+8pTvUp+RSPHFpdXCx7iDi2jmSZ7k1arvDqL6qmJW
Ls569k8lS4/pBQA7O/aw2Lw90aFZUPzV2RrcjO0CgYBPDm7yZkj13q7oLaJ92F8g
yWWs2L09bIq1yodvpnLV7FnizkI6qdjeitdvyUPSk7V+mzDG7IHJQrLGzh1mR5c9
9AFGNzVpOEvUUNDB1/g59o8CWhh/gjDYs+tQMzzBebliIPkilyK3fWHLZOYEYViE
QDGP0XnoB4ex0fp/Ps/9SQKBgQDQojYLmUT+26bK1FhaD4FqWyrUeLqq8Atggsn+
7x1HSWd93QyRk0OzELhgeyUNigo60VqQb+aQSgt0dS8cgTMqgXmdj1H6Lcb9icTC
RzkgbG3qlsTahvkebtyFc4pPaGt3fe0RXgCMhrAqdf4LIrGwFF2IBSH3jCDrPRTo
DR+09QKBgQDUL2xZ2MpNUpmwDhBLqGZx7yCzdmbagmxG4l0Cq9Zyf3ZvnwXm+5JL
TPHO5QTUAUm4tyzehNbs4SJyMUVkBVmMBEWYmhKvjAELNe2pz+DJahhikiRQlBxb
NdtYZUTB9JC8Ab+KSFmnRAaE5a4LXKkpA+R78AIEEBs7KVwYSI+GfQ==
-----END RSA PRIVATE KEY-----";
const ED25519_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIOobwIRZVaHCmaCWsYBoqwlVrTezmksR7Ja4kkbVLDGw
-----END PRIVATE KEY-----";
/// Of a kind that DKIM does not know.
const ELLIPTIC: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzchVuZR3gVf8KsFS
W91bvMU60a3Iy7WJ4eAul0injtShRANCAAQ/E9JocjEg5DhE5o6Sb3CNJjbQaQf9
9T5lUt269f2P++r8g5Ovm1oenaEwau0S1sYQ5jOkLFhxIYvT3BaN8Kis
-----END PRIVATE KEY-----";

const MESSAGE: &str = "From: Tidings <news@example.org>\r\nTo: ada@example.net\r\nSubject: A headline\r\n  in two lines\r\n\
                       X-Else: not signed\r\n\r\nOne  word\t \r\n\r\n second\r\n\r\n\r\n";

fn at() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

/// The value of a tag of a signature or record, without the white space in it.
fn tag(text: &str, name: &str) -> String {
    let text = text.replace("\r\n", "");
    let found =
        text.split(';').find_map(|tag| tag.trim().strip_prefix(&format!("{name}=")).map(str::to_owned));
    found.unwrap().split_whitespace().collect()
}

/// Whether the signature is that of `signed`, by the public key of the record.
fn is_of(signer: &Signer, header: &str, signed: &str) -> bool {
    let (_, record) = signer.record();
    let public = BASE64.decode(tag(&record, "p")).unwrap();
    let signature = BASE64.decode(tag(header, "b")).unwrap();
    let verifies = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8], said: &[u8]| {
        UnparsedPublicKey::new(algorithm, key).verify(said, &signature).is_ok()
    };
    match tag(header, "a").as_str() {
        // Of the SubjectPublicKeyInfo of a key of 2048 bits the key itself is what follows 24 bytes.
        "rsa-sha256" => verifies(&RSA_PKCS1_2048_8192_SHA256, &public[24..], signed.as_bytes()),
        _ => verifies(&ED25519, &public, digest(&SHA256, signed.as_bytes()).as_ref()),
    }
}

#[test]
fn a_signature_is_of_the_relaxed_headers_and_body_and_of_its_own_header() {
    for key in [RSA, RSA_PKCS1, ED25519_KEY] {
        let signer = Signer::new(key, "Example.org", "news").unwrap();
        let header = signer.sign(MESSAGE.as_bytes(), at()).unwrap();
        assert!(header.starts_with("DKIM-Signature: v=1; ") && header.ends_with("\r\n"), "{header}");
        assert!(header.lines().all(|line| line.len() <= 78), "{header}");
        assert_eq!(tag(&header, "h"), "from:from:to:subject");
        assert_eq!((tag(&header, "d"), tag(&header, "s")), ("example.org".to_owned(), "news".to_owned()));
        assert_eq!(tag(&header, "bh"), BASE64.encode(digest(&SHA256, b"One word\r\n\r\n second\r\n")));
        let own: Vec<&str> = header[..header.rfind("b=").unwrap() + 2].split_whitespace().skip(1).collect();
        let signed = |subject: &str| {
            let headers =
                format!("from:Tidings <news@example.org>\r\nto:ada@example.net\r\nsubject:{subject}\r\n");
            format!("{headers}dkim-signature:{}", own.join(" "))
        };
        assert!(is_of(&signer, &header, &signed("A headline in two lines")), "{header}");
        assert!(!is_of(&signer, &header, &signed("Another headline")), "{header}");
    }
}

#[test]
fn the_record_is_what_a_receiver_looks_up() {
    let signer = Signer::new(ED25519_KEY, "example.org", "news").unwrap();
    let (name, text) = signer.record();
    assert_eq!(name, "news._domainkey.example.org");
    assert!(text.starts_with("v=DKIM1; k=ed25519; p="), "{text}");
    let (_, text) = Signer::new(RSA, "example.org", "news").unwrap().record();
    assert!(text.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "{text}");
    assert_eq!(text, Signer::new(RSA_PKCS1, "example.org", "news").unwrap().record().1);
    assert!(!format!("{signer:?}").contains("PRIVATE"));
}

#[test]
fn a_key_that_cannot_sign_is_refused() {
    let refused = |key: &str| Signer::new(key, "example.org", "news").unwrap_err();
    assert_eq!(refused(""), KeyError::NotPem);
    assert_eq!(refused("secret"), KeyError::NotPem);
    assert_eq!(refused(ELLIPTIC), KeyError::Unfit);
    let damaged =
        ED25519_KEY.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE").replace("END PRIVATE", "END RSA PRIVATE");
    assert_eq!(refused(&damaged), KeyError::Unfit);
}

#[test]
fn bodies_are_relaxed_at_their_edges() {
    let relaxed = |body: &str| String::from_utf8(relaxed_body(body.as_bytes())).unwrap();
    for (body, expected) in [
        ("", ""),
        ("\r\n", ""),
        (" \r\n\t\r\n", ""),
        ("\r\na", "\r\na\r\n"),
        ("a \t b  \r\n \r\n", "a b\r\n"),
        ("  a\r\n\r\n\r\nb", " a\r\n\r\n\r\nb\r\n"),
        ("a\nb\r", "a\nb\r\r\n"),
    ] {
        assert_eq!(relaxed(body), expected, "{body:?}");
    }
    assert_eq!(Signer::new(RSA, "a", "b").unwrap().sign(b"no body", at()), None);
}

#[test]
fn a_mail_is_signed_over_what_its_reader_is_told_and_both_ways_out() {
    let settings = MailSettings {
        way: MailWay::Smtp(String::new()),
        per_minute: None,
        from: "Tidings <news@example.org>".to_owned(),
        reply_to: Some("ops@example.org".to_owned()),
        password: None,
        dkim: Some(DkimSettings { selector: "news".to_owned(), key: ED25519_KEY.to_owned() }),
    };
    let mailer = Mailer::memory(&settings, Outbox::default()).unwrap();
    let words =
        |text: &str| EditionText { subject: text.to_owned(), text: text.to_owned(), html: text.to_owned() };
    let delivery = Delivery {
        no: 1,
        digest: "daily".to_owned(),
        edition: "2026-11-28".to_owned(),
        due_at: at(),
        recipient: "ada@example.net".to_owned(),
        message_id: "<1@example.org>".to_owned(),
        token: "t".to_owned(),
        attempts: 0,
        words: words("Häfen\r\nBcc: eve@example.net"),
    };
    let to = delivery.recipient.parse().unwrap();
    let message =
        mailer.message(&delivery, to, "https://news.example/unsubscribe/t", at()).unwrap().formatted();
    let signed = String::from_utf8(mailer.signed(message.clone(), at())).unwrap();
    assert!(signed.ends_with(&*String::from_utf8_lossy(&message)));
    let header = &signed[..signed.len() - message.len()];
    assert_eq!(
        tag(header, "h"),
        "from:from:to:reply-to:subject:date:message-id:list-id:list-unsubscribe:list-unsubscribe-post:auto-submitted:\
         mime-version:content-type"
    );
    let other = MailSettings {
        dkim: settings.dkim.map(|dkim| DkimSettings { key: ELLIPTIC.to_owned(), ..dkim }),
        ..settings
    };
    let refused = Mailer::memory(&other, Outbox::default()).unwrap_err().to_string();
    assert!(refused.contains("dkim_selector") && refused.contains("RSA key of 2048 bits"), "{refused}");
}
