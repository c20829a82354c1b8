"""What the cockpit's keys do, by what they are about; the screen itself keeps frame, view and panels."""
