import Kamailio

/// What the machine is told, and what it asks for.
extension DispatchMachine {
    struct Settings: Sendable, Hashable {
        var sets = KamailioSettings.Sets()
        /// Seconds between two reloads, as Kamailio has it (`reload_delta`).
        var reloadDelta = 5
        /// Seconds after which a list that is in force is compared again: somebody else may have changed it.
        var audit: Double = 30
        /// So many commands that got no answer in turn mean that Kamailio is away.
        var silences = 2
    }

    /// What is said in `dispatchers/<name>`.
    struct Acknowledgement: Sendable, Hashable {
        var revision: Int
        var run: KamailioRun
        /// Version of Dialtone's routes in Kamailio's script; `nil`: there are none.
        var route: Int?
        /// Seconds until a hung instance is found, as its script has the timers.
        var bound: Int?
    }

    enum Event: Sendable {
        /// `shares` was read.
        case shares(SharesDocument)
        /// There is no such key.
        case noShares
        /// What is there is no such document.
        case wrongShares(String)
        case registryAway(String)
        case registryBack
        case kamailio(KamailioRun, route: Int?, bound: Int? = nil)
        case kamailioSilent(String)
        case listed(DispatcherSets)
        case written
        case writeFailed(String)
        case reloaded
        /// Another reload was less than `reload_delta` seconds ago.
        case reloadRefused
        /// A command of list or reload was answered with an error.
        case commandFailed(String)
        case published(Acknowledgement)
        case publishFailed(String)
        /// Our key is gone, or somebody else's.
        case acknowledgementLost
        /// Time has gone by.
        case tick
    }

    enum Effect: Sendable, Hashable {
        case list
        case write(DispatcherList)
        case reload
        case publish(Acknowledgement)
        case withdraw
        case say(String)
        /// A `tick` is wanted at that time.
        case wake(Double)
    }

    /// What is under way at Kamailio.
    enum Activity: Sendable, Hashable {
        case idle
        /// The states before a change, or whether there is one.
        case listing(DispatchTable)
        /// Writing the file of what is in force already.
        case filing(DispatchTable)
        case writing(DispatchTable)
        case reloading(DispatchTable)
        /// Reading back.
        case verifying(DispatchTable)
    }
}
