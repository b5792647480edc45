"""How a scene's curve is told to Locust: so many people now, and none any more when all is over."""

from locust import LoadTestShape

from veigo.load.director import Phase
from veigo.load.scene import Scene
from veigo.load.stage import stage_of

ARRIVALS_PER_S_MAX = 100.0  # of Locust's; faster, and it says itself that it may not keep up


class SceneShape(LoadTestShape):
    """The shape of every scene; a scene's own has the scene."""

    abstract = True
    use_common_options = True  # --users and --run-time scale the scene
    scene: Scene

    def tick(self) -> tuple[int, float] | None:
        """So many people, and how fast they may come; None when the run is over."""
        assert self.runner is not None
        director = stage_of(self.runner.environment).director
        if director is None:
            return 0, 1.0  # Locust begins a test by being told of people, and that begins the director
        if director.phase is Phase.OVER:
            return None
        if director.phase is Phase.PREPARING:
            return 0, 1.0
        if director.phase is Phase.ENDING:
            return self.runner.target_user_count, ARRIVALS_PER_S_MAX
        scene = director.scene
        return scene.curve.people(director.elapsed_s, scene.seconds, scene.people), ARRIVALS_PER_S_MAX
