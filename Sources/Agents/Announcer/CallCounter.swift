import Asterisk
import FoundationEssentials

/// Asks Asterisk for its calls: by ARI, which answers while Asterisk drains too, and where that gives no answer, by AMI.
struct CallCounter: Sendable {
    let ari: AsteriskRest?
    let ami: AsteriskManager?

    /// Nobody told.
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    /// `nil`: there is nobody to ask.
    init?(ari: AsteriskRest?, ami: AsteriskManager?) {
        guard ari != nil || ami != nil else { return nil }
        self.ari = ari
        self.ami = ami
    }

    func count() async throws(Unknown) -> CallCount {
        var reasons: [String] = []
        if let ari {
            do {
                return CallCount(channels: try await ari.channels(), source: "ari")
            } catch {
                reasons.append("\(error)")
            }
        }
        if let ami {
            do {
                return CallCount(channels: try await ami.channels(), source: "ami")
            } catch {
                reasons.append("\(error)")
            }
        }
        throw Unknown(description: reasons.joined(separator: "; "))
    }
}
