import ClusterModel
import Etcd
import Testing

@testable import Reconciler

/// The key `rollout`: what one controller writes, another goes on from.
@Suite struct RolloutFormatTests {
    private let names = Names(cluster: "a")

    private func read(_ text: String) -> RegistryState {
        RegistryState(
            [
                EtcdKeyValue(
                    keyBytes: Array(names.rolloutKey.utf8), value: Array(text.utf8), createRevision: 1, modRevision: 1,
                    version: 1, lease: 0)
            ], names)
    }

    @Test("a record that was written is read as it was")
    func roundTrip() {
        let time = Instant(milliseconds: 1_800_000_000_123)
        let tally = TrackTally(
            unanswered: Tally(calls: 9, wrong: 3), failed: Tally(calls: 9, wrong: 1), slow: Tally(calls: 8, wrong: 0),
            dropped: Tally(calls: 6, wrong: 2))
        let record = RolloutRecord(
            WorkloadVersion(image: "asterisk:22", env: ["B": "2", "A": "\n"]), state: .paused,
            reason: "me@here ordered pause: \"why\"", step: 1, since: time,
            readAt: time, read: ["k": .init(startedAt: time, stable: tally, canary: TrackTally())],
            counted: [.stable: tally, .canary: TrackTally()], evidence: [.failed: [-12, 0, 3_000_001]],
            verdicts: [.init(step: 0, weight: 5, at: time, counted: [.canary: tally])],
            promoted: .init(
                WorkloadVersion(image: "asterisk:21", env: [:]),
                replaces: WorkloadVersion(image: "asterisk:20", env: ["A": "1"]),
                before: WorkloadVersion(image: "asterisk:19")))
        #expect(read(RolloutFormat.text(record)).rollout == record)
        let fresh = RolloutRecord(WorkloadVersion(image: "asterisk:22"), readAt: time)
        #expect(read(RolloutFormat.text(fresh)).rollout == fresh)
    }

    @Test(
        "a record of an earlier version, which told a canary by its image alone, is read as one whose environment is not known"
    )
    func earlier() {
        let record = read(
            #"""
            {"schema":1,"image":"asterisk:22","state":"promoting","reason":null,"step":1,"since":null,\#
            "readAt":"2027-01-15T08:00:00.000Z","read":{},"counted":{},"evidence":{},"verdicts":[],\#
            "promoted":{"image":"asterisk:22","replaces":"asterisk:20","before":null}}
            """#
        ).rollout
        let (newer, older) = (WorkloadVersion(image: "asterisk:22"), WorkloadVersion(image: "asterisk:20"))
        #expect(record?.version == newer && record?.state == .promoting)
        #expect(record?.promoted == .init(newer, replaces: older))
    }

    @Test(
        "what is no record is malformed, and no record that is absent",
        arguments: [
            "", "{}", "[]", #"{"schema":1,"image":"a","state":"unheard"}"#,
        ])
    func malformed(_ text: String) {
        let state = read(text)
        #expect(state.rollout == nil)
        #expect(state.malformed[names.rolloutKey] != nil)
    }
}
