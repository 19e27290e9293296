/// Several user data parts as one, the way cloud-init takes them: MIME `multipart/mixed` (RFC 2046),
/// lists and maps of cloud-configs joined and not replaced.
enum MultipartUserData {
    static func text(_ parts: [String]) -> String {
        let boundary = "dialtone-" + Digest.sha256(parts.joined(separator: "\u{0}").utf8).prefix(24)
        var text = "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\nMIME-Version: 1.0\n\n"
        for part in parts {
            let type = part.hasPrefix("#cloud-config") ? "text/cloud-config" : "text/x-shellscript"
            text += "--\(boundary)\nContent-Type: \(type); charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n"
            text += "Merge-Type: list(append)+dict(recurse_array)+str()\n\n\(part)"
            text += part.hasSuffix("\n") ? "" : "\n"
        }
        return text + "--\(boundary)--\n"
    }
}
