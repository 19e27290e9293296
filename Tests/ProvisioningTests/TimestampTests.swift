import ClusterModel
import FoundationEssentials
import Provisioning
import Testing

@Suite struct TimestampTests {
    private func foundation(_ instant: Instant) -> String {
        Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000 + 0.0003)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    @Test("a time is written as Foundation writes it, and reads back the same")
    func written() {
        // A step that is no whole number of days, hours or seconds, over 130 years, with all their leap days.
        for milliseconds in stride(from: Int64(0), to: 4_102_444_800_000, by: 1_234_567_891) {
            let instant = Instant(milliseconds: milliseconds)
            #expect(Timestamp.text(instant) == foundation(instant))
            #expect(Timestamp.instant(Timestamp.text(instant)) == instant)
        }
    }

    @Test(
        "other forms of RFC 3339 are read",
        arguments: [
            ("2027-01-15T08:00:00Z", 0), ("2027-01-15T08:00:00.5Z", 500), ("2027-01-15T08:00:00.123456789Z", 123),
            ("2027-01-15T08:00:00.9996Z", 1000), ("2027-01-15T08:00:00+00:00", 0), ("2027-01-15T08:00:00.07Z", 70),
        ])
    func others(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp.instant(text) == Instant(milliseconds: 1_800_000_000_000 + milliseconds))
    }

    @Test(
        "anything else is no time",
        arguments: [
            "", "2027", "2027-01-15", "2027-01-15 08:00:00Z", "2027-01-15T08:00:00", "2027-13-15T08:00:00Z",
            "2027-02-29T08:00:00Z", "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15T08:00:00.Z",
            "2027-01-15T08:00:00+01:00", "2027-01-15T08:00:00Zx", "2027-01-15T08:00:0éZ",
        ])
    func strangers(_ text: String) {
        #expect(Timestamp.instant(text) == nil)
    }
}
