/// What libvirt answered when it refused or could not do something, or why it was not asked.
///
/// `code`, `domain`, `level` and `message` are libvirt's own words (`virterror.h`); `function` and `object` say what was tried.
public struct LibvirtError: Error, Sendable, Hashable {
    /// libvirt's error number, `virErrorNumber`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        public static let internalError = Code(rawValue: 1)
        public static let noSupport = Code(rawValue: 3)
        public static let noConnect = Code(rawValue: 5)
        public static let invalidConnection = Code(rawValue: 6)
        public static let invalidArgument = Code(rawValue: 8)
        public static let operationFailed = Code(rawValue: 9)
        public static let noName = Code(rawValue: 21)
        public static let xmlError = Code(rawValue: 27)
        public static let operationDenied = Code(rawValue: 29)
        public static let xmlDetail = Code(rawValue: 35)
        public static let systemError = Code(rawValue: 38)
        public static let rpc = Code(rawValue: 39)
        public static let noDomain = Code(rawValue: 42)
        public static let noNetwork = Code(rawValue: 43)
        public static let authenticationFailed = Code(rawValue: 45)
        public static let noPool = Code(rawValue: 49)
        public static let noVolume = Code(rawValue: 50)
        public static let operationInvalid = Code(rawValue: 55)
        public static let configurationUnsupported = Code(rawValue: 67)
        public static let operationTimeout = Code(rawValue: 68)
        public static let argumentUnsupported = Code(rawValue: 74)
        public static let operationAborted = Code(rawValue: 78)
        public static let noMetadata = Code(rawValue: 80)
        public static let agentUnresponsive = Code(rawValue: 86)
        public static let volumeExists = Code(rawValue: 90)
    }

    /// The part of libvirt that raised the error, `virErrorDomain`.
    public struct Domain: RawRepresentable, Sendable, Hashable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// Raised outside any driver; also what this module raises before libvirt is asked.
        public static let none = Domain(rawValue: 0)
        public static let rpc = Domain(rawValue: 7)
        public static let qemu = Domain(rawValue: 10)
        public static let test = Domain(rawValue: 12)
        public static let remote = Domain(rawValue: 13)
        public static let storage = Domain(rawValue: 18)
        public static let network = Domain(rawValue: 19)
        public static let domain = Domain(rawValue: 20)
        public static let streams = Domain(rawValue: 38)
    }

    /// How bad it is, `virErrorLevel`.
    public enum Level: Int32, Sendable, Hashable {
        case none = 0
        case warning = 1
        case error = 2
    }

    public let code: Code
    public let domain: Domain
    public let level: Level
    public let message: String
    /// The libvirt function that was called, as `virDomainCreate`.
    public let function: String
    /// What it was called for, as `domain 'a-node-1'`.
    public let object: String
    /// The URI of the connection that it was called on.
    public let uri: String
    /// Whether the connection is gone: nothing is known of the call's effect, and the next call opens a new one.
    public let isConnectionLoss: Bool

    init(
        code: Code, domain: Domain = .none, level: Level = .error, message: String, function: String, object: String,
        uri: String, isConnectionLoss: Bool = false
    ) {
        self.code = code
        self.domain = domain
        self.level = level
        self.message = message
        self.function = function
        self.object = object
        self.uri = uri
        self.isConnectionLoss = isConnectionLoss
    }
}

extension LibvirtError: CustomStringConvertible {
    public var description: String {
        "\(function) for \(object) on \(uri): \(message) (libvirt code \(code.rawValue), domain \(domain.rawValue))"
    }
}
