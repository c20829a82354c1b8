"""What judges engine and simulator: agreement, stylised facts. The truth never follows the engine."""
