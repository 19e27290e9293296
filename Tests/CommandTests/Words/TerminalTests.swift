import TestSupport
import Testing

/// On a terminal, which script(1) gives.
@Suite struct TerminalTests {
    @Test(
        "On a terminal apply asks before it acts: no means that nothing is done, yes does it; colours unless NO_COLOR is set"
    )
    func asks() async throws {
        try await LabSession.run { lab in
            let file = try lab.write(ManifestText(nodes: 1, replicas: 0))
            func onTerminal(_ answer: String, _ environment: String, _ command: String) async throws -> (String, Bool) {
                let line = "\(environment) '\(Executable.path)' \(command) --lab '\(lab.directory)' -f '\(file)'"
                let output = try await ChildProcess.run(
                    ["sh", "-c", #"echo "$1" | NO_COLOR= TERM=xterm script -qec "$2" /dev/null"#, "sh", answer, line],
                    environment: Executable.plainEnvironment
                ).output
                return (output, output.contains("\u{1b}["))
            }
            let refused = try await onTerminal("n", "", "apply")
            #expect(refused.0.contains("Apply this action? [y/N]"), "\(refused.0)")
            #expect(refused.0.contains("nothing was done"), "\(refused.0)")
            #expect(refused.1)
            #expect(try await lab.domains() == ["test"])
            let plain = try await onTerminal("", "NO_COLOR=1", "plan")
            #expect(plain.0.contains("+ node e2e-node-1") && !plain.1, "\(plain.0)")
            let done = try await onTerminal("y", "", "apply")
            #expect(done.0.contains("Converged: 1 action done"), "\(done.0)")
            #expect(try await lab.domains() == ["e2e-node-1", "test"])
        }
    }
}
