/// What a port has to say of an operation that went well, but not as one would wish.
public struct Remarks: Sendable {
    /// Who hears it: of the action that the task carries out. No bare function: see `SendPermission.current`.
    @TaskLocal static var current: Remarks?

    let listener: @Sendable (String) -> Void

    /// - Parameter text: what was done and why, with the object.
    public static func say(_ text: String) { current?.listener(text) }
}
