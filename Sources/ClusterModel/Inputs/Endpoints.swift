/// Client URLs of one etcd: in which order they were written, and how often, says nothing.
@propertyWrapper
public struct Endpoints: Sendable, Hashable, Codable {
    private var sorted: [String]

    public var wrappedValue: [String] {
        get { sorted }
        set { sorted = Set(newValue).sorted() }
    }

    public init(wrappedValue: [String]) {
        sorted = Set(wrappedValue).sorted()
    }

    public init(from decoder: any Decoder) throws {
        self.init(wrappedValue: try [String](from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        try sorted.encode(to: encoder)
    }
}
