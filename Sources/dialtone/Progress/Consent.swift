import Glibc

/// A person's word before anything is changed.
enum Consent {
    /// Asks on a terminal; elsewhere `--yes` has to be given.
    /// - Returns: whether they agreed.
    static func ask(_ question: String, isGiven: Bool) throws(CommandError) -> Bool {
        if isGiven { return true }
        guard isatty(STDIN_FILENO) == 1, Streams.error.isTerminal else {
            throw CommandError(
                .usage, "nobody can be asked, since this is no terminal; look at the plan and give --yes")
        }
        Streams.error.write("\(question) [y/N] ")
        let answer = (readLine() ?? "").lowercased()
        return answer == "y" || answer == "yes"
    }
}
