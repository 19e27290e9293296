/// What a port has to say of an operation that went well, but not as one would wish.
public enum Remarks {
    /// Who hears it: of the action that the task carries out.
    @TaskLocal static var listener: (@Sendable (String) -> Void)?

    /// - Parameter text: what was done and why, with the object.
    public static func say(_ text: String) { listener?(text) }
}
