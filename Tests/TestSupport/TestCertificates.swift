/// A certificate authority made for one test, with a server certificate for 127.0.0.1 and a client certificate, by openssl(1).
public struct TestCertificates: Sendable {
    private let directory: TemporaryDirectory
    public var ca: String { directory.file("ca.crt") }
    public var serverCertificate: String { directory.file("server.crt") }
    public var serverKey: String { directory.file("server.key") }
    public var clientCertificate: String { directory.file("client.crt") }
    public var clientKey: String { directory.file("client.key") }

    public struct OpenSSLFailed: Error, CustomStringConvertible {
        public let output: String
        public var description: String { "openssl: \(output)" }
    }

    public static func make() async throws -> TestCertificates {
        let certificates = TestCertificates(directory: try TemporaryDirectory())
        try await certificates.issue(
            "ca", subject: "/CN=test authority", ["basicConstraints=critical,CA:TRUE"], by: nil)
        try await certificates.issue("server", subject: "/CN=server", ["subjectAltName=IP:127.0.0.1"], by: "ca")
        // Without a common name: etcd refuses gateway calls with one once authentication is on.
        try await certificates.issue("client", subject: "/O=dialtone", ["extendedKeyUsage=clientAuth"], by: "ca")
        return certificates
    }

    private func issue(_ name: String, subject: String, _ extensions: [String], by issuer: String?) async throws {
        var command = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", subject, "-keyout", directory.file("\(name).key"), "-out", directory.file("\(name).crt"),
        ]
        for line in extensions { command += ["-addext", line] }
        if let issuer {
            command += ["-CA", directory.file("\(issuer).crt"), "-CAkey", directory.file("\(issuer).key")]
        }
        let (status, output) = try await ChildProcess.run(command)
        guard status == 0 else { throw OpenSSLFailed(output: output) }
    }
}
