import Testing

/// Values of one word, right ones and wrong ones, as they stand in YAML.
struct Texts: Sendable, CustomTestStringConvertible {
    var word: String
    var values: [String]
    var manifest: @Sendable (String) -> String

    var testDescription: String { word }

    private static func part(_ line: String, _ word: String, _ values: [String]) -> Texts {
        Texts(word: word, values: values) { value in
            sample.replacing(line + " {", with: line + " {" + word + ": \(value), ")
        }
    }

    static let all = [
        part(
            "asterisk:", "env",
            [
                "{A: b}", "{}", "{_: x}", "{a1_B: \"x y\"}", "{A: yes}", "{A: off}", "{A: 2024-01-01}", "{A: \"\"}",
                "{A: \"ü ∑ %n $HOME \\\" ]]>\"}", "{A: \"a\\n\\tb\"}", "{A: 1}", "{A: true}", "{A: ~}",
                "{A: \"\\x7f\"}",
                "{A: \"\\x9f\"}", "{A: \"\\xa0\"}", "{A-B: x}", "{A: {b: c}}", "[]", "text",
            ]),
        part(
            "asterisk:", "probe",
            [
                "{extension: \"9000\"}", "{extension: echo}", "{extension: \"+49*#\"}", "{extension: 9000}", "{}",
                "{extension: \"\"}", "{extension: \"a b\"}", "{extension: \"a@b\"}", "\"9000\"", "[]",
                "{extension: \"9\", more: 1}",
            ]),
        part("asterisk:", "perNode", ["1", "40", "0", "41", "-1", "\"1\"", "1.5", "one", "[1]", "~"]),
        part("asterisk:", "runtime", ["docker", "podman", "Docker", "\"docker\"", "1", "[docker]"]),
        part("nodes:", "format", ["qcow2", "raw", "vmdk", "\"raw\""]),
        part(
            "nodes:", "memory",
            ["2GiB", "2048MiB", "64MiB", "\"4GiB\"", "2GB", "2", "2 GiB", "1.5GiB", "GiB", "02GiB", "-2GiB", "2gib"]),
        part("nodes:", "disk", ["20GiB", "1TiB", "20MiB", "20", "20G"]),
        part("nodes:", "gateway", ["192.168.122.1", "192.168.122", "a.b.c.d", "192.168.122.1/24", "::1", "1.2.3.4.5"]),
        part("nodes:", "dns", ["192.168.122.1", "[192.168.122.1, 9.9.9.9]", "[]", "[a]", "dns.example.net"]),
        part(
            "nodes:", "boot",
            [
                "disk", "{kernel: /k}", "{kernel: /k, initrd: /i, arguments: \"a b\"}", "{initrd: /i}", "{kernel: k}",
                "{kernel: /k/}", "net", "{}", "{kernel: /k, more: 1}", "true",
            ]),
        part(
            "nodes:", "userData",
            [
                "\"#cloud-config\"", "\"#cloud-config\\npackages: []\\n\"", "\"#!/bin/sh\\n\"", "\"#!\"", "\"#cloud\"",
                "\"#cloud-configuration\"", "\"echo\"", "\"#!/bin/sh\\r\\n\"", "{a: b}", "\"#!/bin/sh\\nécho\"",
            ]),
        part(
            "nodes:", "sshAuthorizedKeys",
            [
                "[]", "[ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA]", "[ssh-rsa AAAAB3NzaC1yc2EAAAADAQ== a b]",
                "[ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYA me@x]",
                "[sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t key]", "[ssh-ed25519]",
                "[ssh-ed25519 short]", "[ed25519 AAAAC3NzaC1lZDI1NTE5AAAA]", "[\"a\\nb\"]", "[~/.ssh/id.pub]", "text",
            ]),
        Texts(
            word: "image",
            values: [
                "a", "a:1", "a/b:1", "registry.example.net:5000/a/b@sha256:0123", "A", "a b", "\"a\\tb\"", "a%b", "$a",
                "a:", "a/", "-a", "a'b", "ä:1", "\"\"", "1.5", "9", "{}",
            ]
        ) { sample.replacing("registry.example.net/asterisk:20.9", with: $0) },
        Texts(
            word: "name",
            values: [
                "a", "a-b", "a1", "1a", "-a", "a-", "A", "a_b", "a.b", "\"\"", "1", String(repeating: "a", count: 41),
            ]
        ) { sample.replacing("astricon", with: $0) },
        Texts(
            word: "etcd",
            values: [
                "\"http://a\"", "\"http://a:1/\"", "\"https://[::1]:2379\"", "[\"http://a:1\", \"http://b:1\"]", "[]",
                "\"http://a b\"", "a", "\"http://a:1/v3\"", "\"http://a:\"", "\"https://\"", "1", "{}",
            ]
        ) { sample.replacing("\"http://127.0.0.1:2379\"", with: $0) },
        Texts(
            word: "fleet",
            values: [
                "\"unix:/run/a b\"", "\"http://a:1\"", "\"http://[::1]:1\"", "\"unix:a\"", "\"http://a\"",
                "\"ssh://a\"",
                "\"unix:/\"", "\"https://a:1\"", "[\"unix:/a\"]",
            ]
        ) { sample.replacing("\"unix:/run/fleet.sock\"", with: $0) },
        Texts(
            word: "addresses",
            values: [
                "10.0.0.1-10.0.0.9", "[10.0.0.1-10.0.0.8, 10.0.0.9]", "10.0.0.1-10.0.0.9/24", "10.0.0", "10.0.0.1-9",
                "10.0.0.1 - 10.0.0.9", "[]", "[1]", "\"::1\"", "10.0.0.1-10.0.0.9/", "{}",
            ]
        ) { sample.replacing("192.168.122.200-192.168.122.220", with: $0) },
    ]
}
