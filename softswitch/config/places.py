"""Time zones, as the clocks on the walls of a place."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from softswitch.routing.hours import Moment


@dataclass(frozen=True, slots=True)
class Zone:
    """A place by the name of its time zone, such as Europe/Warsaw; without one, this machine's."""

    name: str | None

    def local(self, wall: float) -> Moment:
        """What its clocks show at a time, seconds since 1970."""
        shown = self.shown(wall)
        return Moment(shown.toordinal(), shown.hour * 3600 + shown.minute * 60 + shown.second)

    def walls(self, moment: Moment) -> tuple[float, ...]:
        """When they show that; what they skip counts as if they had not been put on yet."""
        day = date.fromordinal(moment.day)
        naive = datetime.combine(day, time()) + timedelta(seconds=moment.second)
        there = naive.replace(tzinfo=self._zone())
        first, second = there.timestamp(), there.replace(fold=1).timestamp()
        return (first, second) if first < second else (first,)

    def shown(self, wall: float) -> datetime:
        """Date and time as they are there."""
        return datetime.fromtimestamp(wall, UTC).astimezone(self._zone())

    def _zone(self) -> ZoneInfo | None:
        return None if self.name is None else ZoneInfo(self.name)
