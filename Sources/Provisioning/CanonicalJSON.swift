import FoundationEssentials

/// JSON whose text is a function of the value: keys sorted, no white space, slashes as they are.
public enum CanonicalJSON {
    public static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            // Our values hold strings, whole numbers, and lists and maps of them: nothing that JSON cannot say.
            preconditionFailure("\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }
}
