module lexline/bench/hearing/webrtc

go 1.26

require github.com/maxhawkins/go-webrtcvad v0.0.0-20210121163624-be60036f3083 // the WebRTC project's detector, a yardstick
